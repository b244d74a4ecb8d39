// SPDX-License-Identifier: Apache-2.0
// Reads mails ahead, writes them in order.

internal import HoldfastDisk
internal import HoldfastNode

/// Takes mails out, one page of a search after the other.
struct Exporter {
    let cluster: Cluster
    let target: any ExportTarget
    /// How many mails matched when it began.
    let mailsInAll: Int
    private let reader: CopyReader
    private var offset: UInt64 = 0
    private(set) var written = 0
    /// The same octets were there already.
    private(set) var alreadyThere = 0
    private(set) var failed = 0

    /// Mails fetched at a time.
    private static let aheadMax = 8

    init(cluster: Cluster, target: any ExportTarget, mailsInAll: Int) {
        self.cluster = cluster
        self.target = target
        self.mailsInAll = mailsInAll
        reader = CopyReader(cluster: cluster)
    }

    mutating func export(_ mails: [MailAnswer], _ progress: ProgressLine) async throws {
        for start in stride(from: 0, to: mails.count, by: Self.aheadMax) {
            let part = mails[start..<min(start + Self.aheadMax, mails.count)]
            for (mail, result) in zip(part, try await fetched(part)) {
                try await write(mail, result)
                await progress.show(
                    "\(written) of \(Readable.count(mailsInAll, "mail")), \(Readable.bytes(offset))"
                )
            }
        }
    }

    func finish() async throws {
        do {
            try await reader.thread.run { [target] in try target.finish() }
        } catch let error as DiskError {
            throw failure(error)
        }
    }

    private func failure(_ error: DiskError) -> Failure {
        Failure(
            .someFailed, "\(error); \(written) of \(Readable.count(mailsInAll, "mail")) written")
    }

    private typealias Fetched = Result<MessageOctets, Failure>

    private func fetched(_ mails: ArraySlice<MailAnswer>) async throws -> [Fetched] {
        try await withThrowingTaskGroup(of: (Int, Fetched).self) { group in
            for (place, mail) in mails.enumerated() {
                group.addTask { [cluster, reader] in
                    do {
                        let details = try await cluster.details(mail.id)
                        return (place, .success(try await reader.octets(of: details)))
                    } catch let failure as Failure {
                        return (place, .failure(failure))
                    }
                }
            }
            var all: [Int: Fetched] = [:]
            for try await (place, octets) in group { all[place] = octets }
            return mails.indices.compactMap { all[$0 - mails.startIndex] }
        }
    }

    private mutating func write(_ mail: MailAnswer, _ fetched: Fetched) async throws {
        let octets: MessageOctets
        switch fetched {
        case .success(let whole): octets = whole
        case .failure(let failure):
            failed += 1
            return await Output.say("holdfast: \(failure)")
        }
        do {
            let bytes = try await reader.thread.run { [target, offset] in
                try target.write(mail, octets, at: offset)
            }
            if bytes == nil { alreadyThere += 1 } else { written += 1 }
            offset += bytes ?? 0
        } catch DiskError.exists(let path) {
            failed += 1
            await Output.say(
                "holdfast: \(path) is there already, is not this mail, and stays as it is")
        } catch let error as DiskError {
            throw failure(error)
        }
    }
}
