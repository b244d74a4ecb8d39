// SPDX-License-Identifier: Apache-2.0
// Whether the catalog knows all that there is, before a verb says that something is so.

internal import HoldfastModel
internal import HoldfastNode
internal import NIOHTTP1

extension Cluster {
    private static let doubtLooksMax = 30
    private static let doubtMilliseconds = 500

    /// Why the catalog may not know all now, as it says itself, or because the Registry has just begun; nil
    /// when it knows all that can be known.
    func doubtNow() async throws -> String? {
        try await view.refresh()
        if roster.isYoung == true { return Roster.youngNotice }
        return try await ask(any: .dal) { address in
            try await client.json(.GET, "\(address)/status", as: StatusAnswer.self).incomplete
        }
    }

    /// As above, for one who waits for a moment: after a start it passes within seconds.
    func doubt() async throws -> String? {
        var looks = 1
        while true {
            let doubt = try await doubtNow()
            guard doubt != nil, looks < Self.doubtLooksMax else { return doubt }
            looks += 1
            try await Task.sleep(for: .milliseconds(Self.doubtMilliseconds))
        }
    }

    /// Has a storage ask the DAL what it holds, and say up to where the DAL will hold its entries.
    func indexEnd(of storage: Registration) async throws -> UInt64 {
        try await client.json(
            .POST, "\(storage.address)/queues/index/probe", as: IndexEndAnswer.self
        ).position
    }

    /// Up to which position the catalog holds a storage's entries.
    func held(of node: String) async throws -> UInt64 {
        try await ask(any: .dal) { address in
            try await client.json(
                .GET, "\(address)/entries?node=\(node)&after=\(CopyPlace.end)",
                as: CopiesAnswer.self
            ).held ?? 0
        }
    }
}
