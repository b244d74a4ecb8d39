// SPDX-License-Identifier: Apache-2.0
// The nodes that a verb works with, found through the Registries.

internal import Foundation
internal import HoldfastModel
internal import HoldfastNode
internal import HoldfastSegments
internal import NIOHTTP1

/// The installation as a verb sees it: who lives, and a client that may call them.
struct Cluster: Sendable {
    let client: NodeClient
    let keys: KeyRing
    let view: RosterView

    /// A node that is being started, or was too busy to beat, is waited for so often.
    private static let looksMax = 12
    private static let lookMilliseconds = 250

    /// Finds the nodes, does the work, and lets go of the connections.
    static func reach<Result>(
        _ config: ConfigOption, _ work: (Cluster) async throws -> Result
    ) async throws -> Result {
        let installation = try config.installation()
        let keys = try installation.keys()
        let client = NodeClient(token: try installation.token())
        let result: Swift.Result<Result, any Error>
        do {
            let view = RosterView(
                registries: installation.registries, client: client, clock: MachineClock())
            do {
                try await view.refresh()
            } catch let error as NodeError where error.status == 0 {
                throw Failure(
                    .unreachable, "\(error); start `holdfast serve --config \(installation.file)`")
            }
            result = .success(try await work(Cluster(client: client, keys: keys, view: view)))
        } catch let error as NodeError {
            result = .failure(Failure(error))
        } catch {
            result = .failure(error)
        }
        // The process ends now; a connection that does not close in order loses nothing.
        try? await client.shutdown()
        return try result.get()
    }

    /// All who live, as last heard.
    var roster: Roster { view.current?.roster ?? Roster(nodes: [], clock: 0) }

    /// The nodes of a role; waits a moment when there are none, and throws when none comes.
    func nodes(of role: Role) async throws -> [Registration] {
        for _ in 0..<Self.looksMax {
            let nodes = roster.nodes(of: role)
            guard nodes.isEmpty else { return nodes }
            try await Task.sleep(for: .milliseconds(Self.lookMilliseconds))
            try await view.refresh()
        }
        throw Failure(.unreachable, "no \(role.rawValue) is alive")
    }

    /// The base address of a node; nil when it is away.
    func address(of role: Role, named name: String) -> String? {
        roster.nodes(of: role).first { $0.name == name }?.address
    }

    /// The storage with this identity, whatever its name; nil when it is away, or gone for good.
    func storage(_ node: String) -> Registration? {
        roster.nodes(of: .storage).first { $0.node == node }
    }

    /// Asks the nodes of a role in turn until one answers.
    func ask<Answer>(
        any role: Role, _ question: (_ address: String) async throws -> Answer
    ) async throws -> Answer {
        var last: any Error = Failure(.unreachable, "no \(role.rawValue) is alive")
        for node in try await nodes(of: role) {
            do {
                return try await question(node.address)
            } catch let error as NodeError where error.isTemporary {
                last = error
            }
        }
        throw last
    }
}

extension String {
    /// As it may stand in a query: all but letters, digits and `-._~` escaped.
    var inQuery: String {
        let plain = Set("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-._~".utf8)
        return utf8.map { byte in
            plain.contains(byte)
                ? String(UnicodeScalar(byte))
                : "%" + (byte < 16 ? "0" : "")
                    + String(byte, radix: 16, uppercase: true)
        }.joined()
    }
}
