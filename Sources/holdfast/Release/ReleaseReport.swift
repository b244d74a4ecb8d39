// SPDX-License-Identifier: Apache-2.0
// What became of a release, in words.

internal import HoldfastNode

/// What to say of one order, and the code that says the same.
struct ReleaseReport {
    private let answer: ReleaseAnswer
    /// What became of those for whom it was asked.
    private let results: [RecipientAnswer]
    private let isDone: Bool
    private let orderedBefore: Bool
    private let gateway: GatewayOrderAnswer?

    /// - Parameter gateway: what the gateway says, where it was asked.
    /// - Parameter orderedBefore: the order is an older one, which had ended when it was asked for.
    init(_ order: ReleaseAnswer, gateway: GatewayOrderAnswer?, orderedBefore: Bool) {
        let answer = gateway?.order ?? order
        self.answer = answer
        results = answer.results.filter { order.recipients?.contains($0.recipient) ?? true }
        self.gateway = gateway
        isDone = answer.state == "done"
        self.orderedBefore = orderedBefore
    }

    /// A line for each recipient: id, recipient, outcome, reply.
    var lines: String {
        results.map { result in
            [answer.mail, result.recipient, result.outcome, result.reply]
                .map(Terminal.tidied).joined(separator: "\t") + "\n"
        }.joined()
    }

    var status: ExitStatus {
        guard isDone else { return .someFailed }
        return results.allSatisfy { $0.outcome == "sent" } ? .done : .someFailed
    }

    /// What a person should know besides.
    var remarks: [String] {
        var remarks: [String] = []
        let isInDoubt = results.contains { $0.outcome == "in doubt" }
        if isDone, orderedBefore {
            remarks.append(
                "\(answer.mail) was \(isInDoubt ? "sent" : "released") \(when) by \(answer.by);"
                    + " nothing was sent now to \(recipients) (--again sends it once more)")
        } else if !isDone {
            remarks.append(
                "\(answer.mail): \(waiting); the order \(answer.order) stands, `holdfast release"
                    + " \(answer.mail)` says how it goes on")
        }
        if answer.line_ends_changed {
            remarks.append("\(answer.mail): bare line feeds of the imported mail went out as CRLF")
        }
        if isInDoubt {
            remarks.append(
                "\(answer.mail): the smarthost may have it or not; only --again sends it once more")
        }
        return remarks
    }

    private var recipients: String {
        results.map { Terminal.tidied($0.recipient) }.joined(separator: ", ")
    }

    private var when: String { answer.finished.map(Readable.localTime) ?? "before" }

    private var waiting: String {
        guard answer.state != "waiting" else {
            return "no gateway has taken the order yet"
                + (answer.reason.map { " (\(Terminal.tidied($0)))" } ?? "")
        }
        let reply = gateway?.lastReply.map { " (it said: \($0))" } ?? ""
        let next = gateway?.nextTry.map { ", next at \(Readable.localTime($0))" } ?? ""
        return "the smarthost has not taken it yet\(reply); \(answer.gateway) goes on trying\(next)"
    }
}
