// SPDX-License-Identifier: Apache-2.0
// The single steps of a delivery.

import HoldfastModel

extension Delivery {
    mutating func say(_ line: String, then step: Step) -> Action {
        self.step = step
        return .send(Array((line + "\r\n").utf8))
    }

    /// MAIL FROM, unless this server cannot carry the mail.
    mutating func sayMail() -> Action {
        hasOpenTransaction = false
        if let obstacle = mail.obstacle(for: offers) { return settle(.refused(obstacle)) }
        hasOpenTransaction = true
        return say(
            "MAIL FROM:<\(mail.envelope.sender)>\(mail.parameters(for: offers))", then: .mail)
    }

    /// RCPT TO for this recipient, or the next that SMTP can carry; after the last one DATA.
    mutating func sayRecipient(_ first: Int) -> Action {
        for place in first..<max(first, mail.envelope.recipients.count) {
            let recipient = mail.envelope.recipients[place]
            if Mailbox(recipient) != nil {
                return say("RCPT TO:<\(recipient)>", then: .recipient(place))
            }
            results[place] = .refused(.notAnAddress(recipient))
        }
        return accepted.isEmpty ? settle() : say("DATA", then: .data)
    }

    mutating func note(_ reply: Reply, for place: Int) -> Action {
        if reply.kind == .done {
            accepted.append(place)
        } else {
            results[place] = Result(reply)
        }
        return sayRecipient(place + 1)
    }

    /// One reply for all, or with LMTP one for each recipient that was accepted.
    mutating func noteFinal(_ reply: Reply, _ number: Int) -> Action {
        // Neither yes nor no: nobody knows what the server did.
        guard [.done, .later, .refused].contains(reply.kind) else { return lose(.inDoubt) }
        guard dialect == .lmtp else { return settle(Result(reply)) }
        results[accepted[number]] = Result(reply)
        guard number + 1 < accepted.count else { return settle(Result(reply)) }
        step = .finalReply(number + 1)
        return .readReply
    }

    /// 421: the server closes. In place of a final reply it is a no, for the recipient it answers.
    mutating func hangUp(_ reply: Reply) -> Action {
        guard dialect == .lmtp, case .finalReply(let number) = step else {
            return lose(.tryLater(reply))
        }
        results[accepted[number]] = .tryLater(reply)
        return lose(.inDoubt)
    }

    /// Gives every recipient without a result this one; with none, all have theirs.
    mutating func settle(_ result: Result? = nil) -> Action {
        for place in results.indices where results[place] == nil { results[place] = result }
        step = .settled
        return .settled
    }

    /// As `settle`, and nothing more can be said on this connection.
    mutating func lose(_ result: Result) -> Action {
        defer { step = .closed }
        return settle(result)
    }
}

extension Reply {
    /// Replies that no server gave: they stand where a server's would, and say so.
    static func lost(_ reason: String) -> Reply {
        Reply(421, "4.4.2", "The connection was lost: \(reason)")
    }

    static func unexpected(_ reply: Reply) -> Reply {
        Reply(421, "4.5.0", "The server spoke out of turn: \(reply.text)")
    }

    static func notAnAddress(_ text: String) -> Reply {
        Reply(553, "5.1.3", "SMTP cannot carry this address: \(text)")
    }
}
