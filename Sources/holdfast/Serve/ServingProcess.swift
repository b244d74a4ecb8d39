// SPDX-License-Identifier: Apache-2.0
// The process that serves: its nodes, its server, their life.

internal import HTTPTypes
internal import HoldfastGateway
internal import HoldfastModel
internal import HoldfastNode
internal import Hummingbird
internal import Logging
internal import ServiceLifecycle
internal import UnixSignals

/// All nodes of this process in one service group, begun and ended in good order.
struct ServingProcess {
    private let installation: Installation
    private let client: NodeClient
    private let roster: RosterView
    private let logger: Logger
    private let components: [any Component]
    private let server: NodeServer
    private let spare: SpareRoom

    private static let metricsPath = "/metrics"
    private static let stopSecondsMax: Int64 = 10

    /// Opens everything; throws before anything is served when something is wrong.
    init(_ installation: Installation) async throws {
        self.installation = installation
        logger = Logger(label: "holdfast")
        let token = try installation.token()
        let keys = try installation.keys()
        let disks = try KnownDisks(file: installation.resolved(installation.node.disksFile))
        try StartCheck(installation: installation, disks: disks).run()
        spare = SpareRoom(folders: installation.dataFolders.filter { !disks.isAway($0) })
        spare.giveWhereNeeded()
        let clock = MachineClock()
        client = NodeClient(token: token)
        roster = RosterView(registries: installation.registries, client: client, clock: clock)
        let registry = installation.registry.map { NodePath(role: .registry, name: $0.name) }
        server = NodeServer(
            token: token, openPaths: installation.node.metricsNeedToken ? [] : [Self.metricsPath],
            openPosts: Set([registry].compactMap(\.self).map(Invitations.openPath)), logger: logger)
        if let registry {
            Invitations(token: token, roster: roster, clock: clock, logger: logger)
                .addRoutes(to: server, under: registry)
        }
        do {
            components = try await Assembly(
                installation: installation,
                surroundings: Surroundings(
                    clock: clock, client: client, roster: roster, logger: logger),
                keys: keys, disks: disks
            ).open()
        } catch {
            // Nothing was served: a connection that does not close in order loses nothing.
            try? await client.shutdown()
            throw StartFailure.failure(error, installation)
        }
        addRoutes()
    }

    /// Serves until a signal or a failure; then lets go of everything.
    func run() async throws {
        var configuration = ServiceGroupConfiguration(
            services: services, gracefulShutdownSignals: [.sigterm, .sigint],
            logger: logger.quieter)
        configuration.maximumGracefulShutdownDuration = .seconds(Self.stopSecondsMax)
        let result: Swift.Result<Void, any Error>
        do {
            result = .success(try await ServiceGroup(configuration: configuration).run())
        } catch {
            result = .failure(StartFailure.failure(error, installation))
        }
        for component in components.reversed() { await component.close() }
        // All who could be called have gone.
        try? await client.shutdown()
        try result.get()
    }

    /// The last one is told to stop first: the nodes leave the roster, then stop in turn, and the
    /// server that they all need goes last.
    private var services: [any Service] {
        let listening = server.service(
            host: installation.node.http.host, port: installation.node.http.port,
            logger: logger.quieter
        ) { _ in }
        let refresher = RosterRefresher(roster: roster, logger: logger)
        let announcement = Announcement(
            names: components.map(\.path.name),
            addresses: components.map { installation.address(of: $0.path) },
            leftOut: components.filter { $0 is LeftOutStorage }.map(\.path.name),
            address: installation.node.address, roster: roster, logger: logger)
        let watchdog = Watchdog(
            nodes: components.map(\.path), http: installation.node.http, client: client)
        return [listening, refresher, MemoryReturn(components: components), spare] + components
            + heartbeats + [watchdog, announcement]
    }

    /// One each, so that a node whose disk is busy makes no other miss a beat.
    private var heartbeats: [Heartbeat] {
        components.map { component in
            let address = installation.address(of: component.path)
            return Heartbeat(
                registries: { [roster] in roster.registries }, client: client, logger: logger
            ) { await component.registration(address: address) }
        }
    }

    private func addRoutes() {
        for component in components { component.addRoutes(to: server) }
        server.router.get("\(Self.metricsPath)") { [components] _, _ in
            var metrics: [Metric] = []
            for component in components { metrics += await component.metrics() }
            return Response(
                status: .ok, headers: [.contentType: MetricsText.contentType],
                body: .init(byteBuffer: .init(string: MetricsText.text(of: metrics))))
        }
    }
}

extension Logger {
    /// For libraries: what they call info is debugging to us.
    fileprivate var quieter: Logger {
        var logger = self
        if logger.logLevel >= .info { logger.logLevel = max(logger.logLevel, .warning) }
        return logger
    }
}
