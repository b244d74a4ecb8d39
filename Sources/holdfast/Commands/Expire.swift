// SPDX-License-Identifier: Apache-2.0
// `holdfast expire`: drops what need not be kept any longer.

internal import ArgumentParser
internal import HoldfastModel
internal import HoldfastNode
internal import NIOHTTP1

struct Expire: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Drop the segments whose mails have all expired, now and not within the minute.",
        discussion: """
            Example: holdfast expire --dry-run

            Names each segment and its bytes. A storage that refuses says why; exit code 3.

            A machine that was off for days is not believed what day it is before it has run for 24
            hours. Nothing need be done about that; --clock-is-right is for who has looked.
            """,
        helpNames: .long)

    @OptionGroup var config: ConfigOption
    @Flag(help: "Only name what would be dropped.") var dryRun = false
    @Flag(help: "You have looked, and the clocks of all machines are right.")
    var clockIsRight = false

    func validate() throws {
        guard !(dryRun && clockIsRight) else {
            throw ValidationError("--clock-is-right lets mail be dropped: not with --dry-run.")
        }
    }

    func run() async throws {
        let someFailed = try await Cluster.reach(config) { try await expire(in: $0) }
        if someFailed { throw ExitStatus.someFailed }
    }

    /// Whether a storage refused, or could not be asked.
    private func expire(in cluster: Cluster) async throws -> Bool {
        let storages = try await cluster.nodes(of: .storage)
        var list = ExpiryList()
        var someFailed = clockIsRight ? await !vouch(in: cluster) : false
        for storage in storages {
            do {
                let answer = try await cluster.client.json(
                    dryRun ? .GET : .POST, "\(storage.address)/expiry", as: ExpiryAnswer.self)
                list.add(answer, of: storage.name)
                guard let reason = answer.refused else { continue }
                await Output.say("holdfast: \(storage.name) drops nothing: \(reason)")
            } catch let error as NodeError {
                await Output.say("holdfast: \(storage.name): \(error)")
            }
            someFailed = true
        }
        try await Output.standard.write(list.text(dropped: !dryRun))
        return someFailed
    }

    /// Tells all who let something expire that their clocks are right; false when one could not be told.
    private func vouch(in cluster: Cluster) async -> Bool {
        var (areTold, count) = (true, 0)
        for role in [Role.storage, .dal, .gateway] {
            for node in cluster.roster.nodes(of: role) {
                do {
                    _ = try await cluster.client.json(
                        .POST, "\(node.address)/clock", as: ClockAnswer.self)
                    count += 1
                } catch {
                    await Output.say("holdfast: \(node.name): \(error)")
                    areTold = false
                }
            }
        }
        await Output.say("the clock is believed now by \(count) nodes")
        return areTold
    }
}

/// Segments that went or would go, and their sums.
private struct ExpiryList {
    private var table = Table([
        .init("STORAGE"), .init("SEGMENT", isNumber: true), .init("RECORDS", isNumber: true),
        .init("BYTES", isNumber: true), .init("EXPIRED"),
    ])
    private var segments = 0
    private var bytes: UInt64 = 0

    mutating func add(_ answer: ExpiryAnswer, of storage: String) {
        for segment in answer.segments {
            table.add([
                storage, String(segment.segment), String(segment.records), String(segment.bytes),
                segment.drop_day,
            ])
            segments += 1
            bytes += segment.bytes
        }
    }

    func text(dropped: Bool) -> String {
        let sum =
            "\(segments) segments, \(bytes) bytes \(dropped ? "dropped" : "would be dropped")\n"
        return table.isEmpty ? sum : table.text + sum
    }
}
