// SPDX-License-Identifier: Apache-2.0
// What happened to one mail, in the order in which it did.

internal import Foundation
internal import HoldfastModel
internal import HoldfastNode

/// One thing that happened to a mail; its JSON is described in Protocol.
struct TraceEvent: Codable, Hashable {
    /// ISO 8601; absent where nobody remembers.
    var time: String?
    /// `taken in`, `copied`, `indexed`, `acked`, `ordered`, `released`, `hold`, `unhold`.
    var what: String
    /// The node, or who did it.
    var who: String
    var detail: String
}

/// What is known of one mail's way.
struct TraceReport: Codable {
    var format_version = 1
    var mail: String
    var events: [TraceEvent]

    /// - Parameter gateways: those on the slip of a copy, where one could be read.
    /// - Parameter written: when copies came to lie where they do, by their locations.
    init(_ mail: MailDetailsAnswer, gateways: [String], written: [String: String]) {
        self.mail = mail.mail.id
        let origin = [
            mail.transport.map { $0.isEmpty ? "" : "by \($0)" },
            mail.client.map { $0.isEmpty ? "" : "from \($0)" },
            mail.greeting.map { $0.isEmpty ? "" : "as \($0)" },
        ].compactMap(\.self).filter { !$0.isEmpty }.joined(separator: " ")
        var events = [
            TraceEvent(
                time: mail.mail.received, what: "taken in",
                who: gateways.isEmpty ? "?" : gateways.joined(separator: ", "), detail: origin)
        ]
        events += mail.places.map { copy in
            TraceEvent(
                time: written[copy.location], what: "copied", who: copy.node,
                detail: "\(copy.location) on \(copy.host)")
        }
        events += mail.places.map { copy in
            TraceEvent(
                time: copy.entered, what: "indexed", who: copy.node, detail: copy.location)
        }
        if let acked = mail.acked {
            events.append(TraceEvent(time: acked, what: "acked", who: "dal", detail: ""))
        }
        for release in mail.releases { events += Self.events(of: release) }
        events += (mail.wishes ?? []).map { wish in
            TraceEvent(time: wish.at, what: wish.kind, who: wish.by, detail: wish.reason)
        }
        // What happened in the same moment stays in the order of a mail's life.
        self.events = events.enumerated().sorted { left, right in
            let (one, two) = (left.element.time ?? "", right.element.time ?? "")
            return one == two ? left.offset < right.offset : one < two
        }.map(\.element)
    }

    private static func events(of release: ReleaseAnswer) -> [TraceEvent] {
        let ordered = TraceEvent(
            time: release.ordered, what: "ordered", who: release.by,
            detail: release.state == "done" ? "release" : "release, \(release.state)")
        return [ordered]
            + release.results.map { result in
                TraceEvent(
                    time: release.finished, what: "released",
                    who: release.sent_to ?? release.gateway,
                    detail: "\(result.recipient): \(result.outcome) \(result.reply)")
            }
    }

    var text: String {
        var table = Table([.init("TIME"), .init("WHAT"), .init("WHO"), .init("DETAIL")])
        for event in events {
            table.add([event.time ?? "?", event.what, event.who, event.detail])
        }
        return "\(mail)\n" + table.text
    }

    var json: String {
        get throws {
            let encoder = JSONEncoder()
            encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes, .prettyPrinted]
            return String(decoding: try encoder.encode(self), as: UTF8.self) + "\n"
        }
    }
}
