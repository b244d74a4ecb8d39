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
    /// For whom it was asked, where that is not the envelope.
    private let to: [String]?

    /// - Parameter to: for whom it was asked, where that is not the envelope.
    /// - Parameter gateway: what the gateway says, where it was asked.
    /// - Parameter orderedBefore: the order is an older one, which had ended when it was asked for.
    init(
        _ order: ReleaseAnswer, to: [String]?, gateway: GatewayOrderAnswer?, orderedBefore: Bool
    ) {
        self.to = to
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
                "\(answer.mail) was \(isInDoubt ? "tried" : "released") \(when) by \(answer.by);"
                    + " nothing was sent now to \(recipients) (--again sends it once more)")
        } else if !isDone {
            remarks.append(
                "\(answer.mail): \(waiting); the order \(answer.order) stands, `\(question)` says how"
                    + " it goes on")
        }
        if answer.line_ends_changed, !orderedBefore {
            remarks.append("\(answer.mail): bare line feeds of the mail went out as CRLF")
        }
        if isInDoubt {
            remarks.append(
                "\(answer.mail): the smarthost may have it or not; only --again sends it once more")
        }
        return remarks
    }

    /// The same again sends nothing new, and must not be for anybody else.
    private var question: String {
        (["holdfast release", answer.mail] + (to ?? []).map { "--to \($0)" }).joined(separator: " ")
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
