// SPDX-License-Identifier: Apache-2.0
// Changing the links of an installation that runs.

internal import AsyncHTTPClient
internal import HoldfastModel
internal import HoldfastNode
internal import NIOHTTP1

extension Cluster {
    /// The links that everyone follows.
    var links: Links { view.current?.links ?? .standard }

    /// Gives the links their next number and takes them to every Registry.
    ///
    /// - Returns: the links as they are now, and the Registries that were not reached.
    func change(_ edit: (inout [Link]) throws -> Void) async throws -> (Links, missed: [String]) {
        var links = links
        try edit(&links.links)
        links.number += 1
        if let fault = links.fault { throw Failure(.badQuery, "these links cannot be: \(fault)") }
        var missed: [String] = []
        var last: (any Error)?
        for registry in view.registries {
            do {
                _ = try await client.call(
                    .PUT, "\(registry)/links", body: .json(links),
                    headers: [("Content-Type", "application/json")])
            } catch let error as NodeError where error.isTemporary {
                missed.append(registry)
                last = error
            }
        }
        // One that has them is enough: everyone who looks takes them to the others.
        guard missed.count < view.registries.count else {
            throw last ?? Failure(.unreachable, "no Registry answers")
        }
        return (links, missed)
    }
}
