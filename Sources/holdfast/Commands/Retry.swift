// SPDX-License-Identifier: Apache-2.0
// `holdfast retry`: digs up what lies buried.

internal import ArgumentParser
internal import HoldfastModel
internal import HoldfastNode

struct Retry: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Offer again what nobody would take and what lies buried since.",
        discussion: """
            Example: holdfast retry
            Example: holdfast retry sync
            Example: holdfast retry 01kav2m4

            An item that is refused as it is, again and again, is buried: kept aside, counted by `holdfast \
            status`, never dropped. When what stood in its way is gone, this offers it again: all that is \
            buried, what is in one queue, or some mails. Prints what was dug up, and where. Exit code 1: \
            nothing lies buried there; 3: some node could not be asked.
            """,
        helpNames: .long)

    @OptionGroup var config: ConfigOption

    @Argument(
        help: ArgumentHelp(
            "Queues (tasks, sync, index) and ids of mails; without any, all.", valueName: "queue|id"
        ))
    var what: [RetryWish] = []

    func run() async throws {
        let (list, someFailed) = try await Cluster.reach(config) { cluster in
            var mails: [MailID] = []
            for case .mail(let id) in what { mails.append(try await cluster.mailID(id)) }
            let queues = Set(what.compactMap(\.queue))
            let report = await StatusReport.gathered(from: cluster)
            return await dig(report, queues, mails.isEmpty ? nil : mails, cluster.client)
        }
        try await Output.standard.write(list.text)
        if someFailed { throw ExitStatus.someFailed }
        if list.items == 0 { throw ExitStatus.none }
    }

    /// Asks every node in whose queues something is buried.
    private func dig(
        _ report: StatusReport, _ queues: Set<String>, _ mails: [MailID]?, _ client: NodeClient
    ) async -> (list: RetriedList, someFailed: Bool) {
        var list = RetriedList()
        var someFailed = false
        for node in report.nodes {
            guard let status = node.status else {
                await Output.say("holdfast: \(node.name) does not answer")
                someFailed = true
                continue
            }
            let buried = status.buried.filter { queue, count in
                count > 0 && (queues.isEmpty || queues.contains(queue))
            }
            for queue in buried.keys.sorted() {
                do {
                    let count = try await client.retry(node.address, queue: queue, mails: mails)
                    list.add(queue, of: node.name, count)
                } catch {
                    await Output.say("holdfast: \(node.name): \(error)")
                    someFailed = true
                }
            }
        }
        return (list, someFailed)
    }
}

/// One word of what is to be dug up.
enum RetryWish: Hashable, ExpressibleByArgument {
    case queue(String)
    /// Any beginning of a mail id.
    case mail(String)

    /// The queues in which anything can lie buried.
    static let queues = ["tasks", "sync", "index"]

    init?(argument: String) {
        if Self.queues.contains(argument) {
            self = .queue(argument)
        } else if MailID.range(ofPrefix: argument) != nil {
            self = .mail(argument)
        } else {
            return nil
        }
    }

    var queue: String? {
        if case .queue(let name) = self { name } else { nil }
    }
}

/// What was dug up, and where.
struct RetriedList {
    private var table = Table([
        .init("QUEUE"), .init("NODE"), .init("DUG UP", isNumber: true),
    ])
    private(set) var items = 0

    mutating func add(_ queue: String, of node: String, _ count: Int) {
        guard count > 0 else { return }
        table.add([queue, node, String(count)])
        items += count
    }

    var text: String {
        items == 0 ? "Nothing lies buried there.\n" : table.text
    }
}

extension Cluster {
    /// A whole id stands for itself: what lies buried need not be in the catalog. The rest of another
    /// is known to the catalog.
    fileprivate func mailID(_ text: String) async throws -> MailID {
        if let id = MailID(text) { return id }
        let full = try await details(text).mail.id
        guard let id = MailID(full) else {
            throw Failure(.internalError, "the catalog names a mail '\(full)', which is no id")
        }
        return id
    }
}
