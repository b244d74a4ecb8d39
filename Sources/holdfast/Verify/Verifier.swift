// SPDX-License-Identifier: Apache-2.0
// Driving the storages through a verification, and comparing what they hold with the catalog.

internal import AsyncHTTPClient
internal import HoldfastModel
internal import HoldfastNode
internal import NIOHTTP1

struct Verifier {
    let cluster: Cluster
    /// Nil reads as fast as the disks give.
    let megabytesPerSecond: Int?

    private static let pollMilliseconds = 300

    /// By the Registry's clock.
    private var today: Day { Timestamp(milliseconds: cluster.roster.clock).day }
    /// What differs may be on its way: it is looked at again so often, and so much later.
    private static let comparisonsMax = 5
    private static let betweenMilliseconds = 1500

    func run() async throws -> VerifyReport {
        // Who is to be asked is known when the Registry has heard of all.
        _ = try await cluster.doubt()
        let storages = try await cluster.nodes(of: .storage).sorted { $0.name < $1.name }
        var report = VerifyReport(storages: storages.map { VerifyReport.Storage(name: $0.name) })
        let progress = VerifyProgress()
        let readings = await withTaskGroup(of: (Int, Result<VerificationAnswer, any Error>).self) {
            group in
            for (place, storage) in storages.enumerated() {
                group.addTask { (place, await read(storage, progress)) }
            }
            var all: [Int: Result<VerificationAnswer, any Error>] = [:]
            for await (place, result) in group { all[place] = result }
            return all
        }
        await progress.end()
        for (place, storage) in storages.enumerated() {
            switch readings[place] {
            case .success(let reading)?:
                report.storages[place].note(reading)
                guard let node = storage.node else { continue }
                try await compare(storage, node, reading, &report.storages[place])
            case .failure(let error)?: report.storages[place].problem = "\(error)"
            case nil: break
            }
        }
        try await add(storages, to: &report)
        // After the last look: a catalog that was lost meanwhile, or is not whole yet, proves nothing.
        report.incomplete = try await cluster.doubtNow()
        return report
    }

    /// Orders a verification, and waits for its end.
    private func read(
        _ storage: Registration, _ progress: VerifyProgress
    ) async -> Result<VerificationAnswer, any Error> {
        do {
            guard storage.node != nil else {
                throw Failure(.unreachable, storage.notice ?? "it was left out")
            }
            let url = "\(storage.address)/verifications"
            let rate = megabytesPerSecond.map { "?mb_per_second=\($0)" } ?? ""
            var answer = try await cluster.client.json(
                .POST, url + rate, as: VerificationAnswer.self)
            let number = answer.number
            while try !answer.isWhole(asOrdered: number) {
                await progress.note(answer, of: storage.name)
                try await Task.sleep(for: .milliseconds(Self.pollMilliseconds))
                answer = try await cluster.client.json(.GET, url, as: VerificationAnswer.self)
            }
            await progress.note(answer, of: storage.name)
            return .success(answer)
        } catch {
            return .failure(error)
        }
    }

    /// Compares both ways, and has each side put right; the last look counts.
    private func compare(
        _ storage: Registration, _ node: String, _ reading: VerificationAnswer,
        _ report: inout VerifyReport.Storage
    ) async throws {
        var (look, waiting) = (1, Int.max)
        while true {
            let differences = try await CopyComparison(
                cluster: cluster, storage: storage, node: node, until: Position(raw: reading.until),
                day: today
            ).run()
            report.lost = differences.lostCount
            report.orphaned = differences.orphanedCount
            report.waiting = differences.waitingCount
            report.note(differences)
            guard !differences.isEmpty else { return }
            // A long queue is waited for as long as it becomes shorter.
            let isShipping = differences.waitingCount < waiting
            guard look < Self.comparisonsMax || isShipping else {
                return try await forget(differences.lost, of: node)
            }
            if look == 2 { try await shipAgain(differences.orphaned, storage) }
            (look, waiting) = (look + 1, differences.waitingCount)
            try await Task.sleep(for: .milliseconds(Self.betweenMilliseconds))
        }
    }

    private func shipAgain(_ orphaned: [ListedCopy], _ storage: Registration) async throws {
        guard !orphaned.isEmpty else { return }
        _ = try await cluster.client.call(
            .POST, "\(storage.address)/entries", body: try .json(NamedCopies(copies: orphaned)),
            headers: [("Content-Type", "application/json")])
    }

    /// The catalog forgets what is not there: the mail is then short, and gets its copies again.
    private func forget(_ lost: [ListedCopy], of node: String) async throws {
        guard !lost.isEmpty else { return }
        _ = try await cluster.ask(any: .dal) { address in
            try await cluster.client.call(
                .POST, "\(address)/entries/lost",
                body: try .json(NamedCopies(node: node, copies: lost)),
                headers: [("Content-Type", "application/json")])
        }
    }

    /// The mails as a whole, and what became of the bad ones.
    private func add(_ storages: [Registration], to report: inout VerifyReport) async throws {
        let statistics = try await cluster.ask(any: .dal) { address in
            try await cluster.client.json(
                .GET, "\(address)/entries/statistics?on=\(today)", as: CopyStatisticsAnswer.self)
        }
        report.note(statistics)
        let alive = Set(storages.compactMap(\.node))
        for node in statistics.nodes where !alive.contains(node.node) && node.entries > 0 {
            report.away.append(
                .init(
                    name: node.name, node: node.node, entries: node.entries, gone: node.gone))
        }
        for place in report.storages.indices {
            let node = storages[place].node ?? ""
            for (number, bad) in report.storages[place].places.enumerated().reversed()
            where try await hasItsCopies(bad, besides: node) {
                report.storages[place].places.remove(at: number)
                report.storages[place].bad -= 1
                report.storages[place].healed += 1
            }
        }
    }

    /// Whether a mail has all its copies without this one.
    private func hasItsCopies(
        _ bad: VerificationAnswer.BadPlace, besides node: String
    ) async throws -> Bool {
        guard let mail = bad.mail else { return false }
        let details: MailDetailsAnswer
        do {
            details = try await cluster.details(mail.description)
        } catch let failure as Failure where failure.code == .none {
            return false
        }
        let others = details.places.filter { copy in
            (copy.node_id, copy.segment, copy.offset) != (node, bad.segment, bad.offset)
        }
        return others.count >= details.mail.copies_wanted
    }
}

extension VerificationAnswer {
    /// Whether all was read; throws when it never will be.
    ///
    /// - Parameter number: that of the verification that was ordered. Another one may have begun since then,
    ///   or the storage has: how far the one that was ordered came nobody knows.
    func isWhole(asOrdered number: Int) throws -> Bool {
        guard self.number == number else {
            throw Failure(
                .someFailed, "another verification began before this one was told of: verify again")
        }
        switch state {
        case .reading: return false
        case .done: return true
        case .failed: throw Failure(.someFailed, "it could not be read: \(reason ?? "")")
        }
    }
}
