// SPDX-License-Identifier: Apache-2.0
// `holdfast trace`: what happened to one mail.

internal import ArgumentParser
internal import HoldfastModel
internal import HoldfastNode
internal import NIOHTTP1

struct Trace: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Show what happened to a mail: taken in, copied, acked, released, held.",
        discussion: """
            Example: holdfast trace 01kav2m4
            Example: holdfast trace '<20260131.1@example.org>' --format json

            Takes an id, the beginning of one, or a Message-ID (`msgid:` before one that has no @). When a copy was indexed and the mail acked is \
            what the catalog remembers: one that was made anew says when that was. Exit code 1: no such mail.
            """,
        helpNames: .long)

    enum Format: String, CaseIterable, ExpressibleByArgument { case text, json }

    @OptionGroup var config: ConfigOption
    @Option(help: "For people, or for programs.") var format = Format.text
    @Argument(help: "The mail's id, the beginning of it, or its Message-ID.") var mail: String

    func run() async throws {
        let reports = try await Cluster.reach(config) { cluster in
            var reports: [TraceReport] = []
            for id in try await ids(in: cluster) {
                let details = try await cluster.details(id)
                reports.append(
                    TraceReport(
                        details, gateways: await cluster.gateways(of: details),
                        written: await cluster.written(details)))
            }
            return reports
        }
        guard !reports.isEmpty else { throw Failure(.none, "there is no mail \(mail)") }
        for report in reports {
            try await Output.standard.write(format == .text ? report.text : try report.json)
        }
    }

    /// Several mails may have one Message-ID.
    private func ids(in cluster: Cluster) async throws -> [String] {
        let isMessageID = mail.hasPrefix("msgid:") || mail.contains("@")
        guard isMessageID else { return [mail] }
        let id = mail.trimmingPrefix("msgid:").trimmingPrefix("<").replacing(">", with: "")
        var ids: [String] = []
        let question = Question(words: ["msgid:\"\(id)\""], utcOffset: nil)
        try await cluster.eachPage(question) { ids += $0.map(\.id) }
        return ids
    }
}

extension Cluster {
    /// When each copy that can be asked for was written, by its location.
    fileprivate func written(_ mail: MailDetailsAnswer) async -> [String: String] {
        var times: [String: String] = [:]
        for copy in mail.places {
            guard let storage = storage(copy.node_id) else { continue }
            let url = "\(storage.address)/records/\(copy.segment)/\(copy.offset)/written"
            // It only adds to what is said.
            let answer = try? await client.json(.GET, url, as: WrittenAnswer.self)
            times[copy.location] = answer?.written
        }
        return times
    }

    /// The gateways on the slip of the first copy that can be read; none when there is none.
    fileprivate func gateways(of mail: MailDetailsAnswer) async -> [String] {
        guard let id = MailID(mail.mail.id) else { return [] }
        for copy in mail.places {
            guard let storage = storage(copy.node_id) else { continue }
            let url = NodeClient.recordURL(
                at: storage.address, segment: copy.segment, offset: copy.offset, mail: id)
            // It only adds to what is said: the next copy may tell it.
            guard let carried = try? await client.record(at: url) else { continue }
            switch carried {
            case .batch(let records):
                if let slip = records.first.flatMap({ try? Slip(decoding: $0.slip) }) {
                    return slip.gateways
                }
            case .large(let record, _):
                if let slip = try? Slip(decoding: record.slip) { return slip.gateways }
            }
        }
        return []
    }
}
