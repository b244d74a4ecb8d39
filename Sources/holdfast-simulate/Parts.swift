// SPDX-License-Identifier: Apache-2.0
// The shipped components of a machine, opened over what it keeps.

internal import HoldfastCatalog
internal import HoldfastDAL
internal import HoldfastDisk
internal import HoldfastGateway
internal import HoldfastHelper
internal import HoldfastLedger
internal import HoldfastModel
internal import HoldfastNode
internal import HoldfastRegistry
internal import HoldfastSegments
internal import HoldfastStorage

/// The components of one process, and what keeps them going.
struct Parts: Sendable {
    private(set) var components: [any Component] = []
    private(set) var work: [@Sendable () async -> Void] = []

    init(of box: Box, _ surroundings: Surroundings, life: Life) async throws {
        switch box.duty {
        case .office: try await openOffice(box, surroundings)
        case .gateway: try await openGateway(box, surroundings, life)
        case .helper: run(HelperComponent(name: box.name, surroundings: surroundings))
        case .storage: try openStorage(box, surroundings)
        }
    }

    private mutating func run(_ component: some Component) {
        components.append(component)
        // A worker ends with its process; what it throws then is nothing to anybody.
        work.append { try? await component.run() }
    }

    private mutating func openOffice(_ box: Box, _ surroundings: Surroundings) async throws {
        run(
            try await RegistryComponent(
                name: "registry", linksFile: Box.folder + "/links.json", surroundings: surroundings)
        )
        // With the bug planted nobody minds it, or it would be mended.
        let sharesDisks = box.world.plant == .copyOnTheSameDisk
        var section = ConfigurationSection(
            name: "dal", values: ["copies_may_share_a_disk": .boolean(sharesDisks)])
        let configuration = try DALConfiguration(reading: &section, folder: Box.folder)
        // The process before may still hold the one that it had.
        let catalog =
            try box.kept.value.catalog.map { try $0.copy() } ?? SQLiteCatalog(path: nil)
        box.kept.change { $0.catalog = catalog }
        run(
            try await DALComponent(
                name: "dal", configuration: configuration, catalog: catalog,
                surroundings: surroundings))
    }

    private mutating func openStorage(_ box: Box, _ surroundings: Surroundings) throws {
        let sharesDisks = box.world.plant == .copyOnTheSameDisk
        var section = ConfigurationSection(
            name: "storage",
            values: [
                "reserve_bytes": .integer(0), "copies_may_share_a_disk": .boolean(sharesDisks),
                "purge_days": .integer(1),
            ])
        let configuration = try StorageConfiguration(
            reading: &section, folder: Box.folder, host: box.name)
        let (keeper, _) = try keeper(
            of: box, configuration.segments, RecordKeeper.Start(readsLater: true), surroundings)
        run(
            try StorageComponent(
                name: box.name, configuration: configuration, keeper: keeper,
                surroundings: surroundings))
    }

    private mutating func openGateway(
        _ box: Box, _ surroundings: Surroundings, _ life: Life
    ) async throws {
        let rules: [[String: ConfigurationValue]] = (1...4).map { copies in
            ["recipients": .texts(["@copies\(copies).example"]), "copies": .integer(copies)]
        }
        var section = ConfigurationSection(
            name: "gateway",
            values: [
                "reserve_bytes": .integer(0), "compress": .text("none"), "rules": .sections(rules),
                "smarthost": .text("smarthost:25"),
            ])
        let configuration = try GatewayConfiguration(reading: &section, hostname: box.name)
        let (keeper, recovery) = try keeper(
            of: box, configuration.segments, GatewayComponent.start, surroundings)
        let gateway = try await GatewayComponent(
            name: box.name, configuration: configuration, keeper: keeper, recovery: recovery,
            keys: .none, surroundings: surroundings,
            lines: SimulatedLines(world: box.world, life: life))
        components.append(gateway)
        work.append { await gateway.work() }
    }

    /// Opens a data folder; each opening is a run of its own.
    private func keeper(
        of box: Box, _ limits: SegmentStore.Limits, _ start: RecordKeeper.Start,
        _ surroundings: Surroundings
    ) throws -> (keeper: RecordKeeper, recovery: RecordKeeper.Recovery) {
        let ledger = try box.kept.value.ledger.map { try $0.copy() } ?? Ledger(path: nil)
        let run = box.kept.change { kept in
            kept.ledger = ledger
            kept.olderLedger = nil
            kept.run += 1
            return kept.run
        }
        let folder = DataFolder(
            simulated: Box.folder, node: box.node, disk: box.diskNumber, run: run)
        return try RecordKeeper.open(
            folder, ledger: ledger, name: box.name, limits: limits, start: start,
            machine: surroundings.machine, logger: surroundings.logger)
    }
}
