// SPDX-License-Identifier: Apache-2.0
// What the catalog tells, as people and programs read it.

internal import HoldfastCatalog
internal import HoldfastModel
internal import HoldfastNode

extension MailAnswer {
    init(_ found: Found) {
        self.init(
            id: found.id.description, received: found.received.iso8601, date: found.date?.iso8601,
            from: found.from, to: found.to, cc: found.cc, subject: found.subject,
            message_id: found.messageID, size: Int(clamping: found.size), sha256: found.digest.hex,
            keep_until: found.keepUntil.description, copies: found.copies,
            copies_wanted: found.copiesWanted,
            attachments: found.attachments.map { $0.name.isEmpty ? $0.type : $0.name },
            sender: found.sender, recipients: found.recipients, released: found.released?.iso8601)
    }
}

extension CopyAnswer {
    init(_ copy: KnownCopy) {
        let (entry, location) = (copy.entry, copy.entry.location)
        let checksum = withUnsafeBytes(of: entry.checksum.bigEndian, Array.init).hex
        self.init(
            node: copy.name, node_id: location.node.description, segment: location.segment,
            offset: location.offset, length: entry.length, disk: entry.disk.description,
            host: entry.host, checksum: checksum)
    }
}

extension ReleaseAnswer {
    init(_ state: OrderState, notes: [Note], releasedBefore: Bool = false) {
        let note = notes.last { $0.order == state.order.id }
        let stage =
            switch state.stage {
            case .queued: "waiting"
            case .taken: "sending"
            case .finished: "done"
            }
        var results = note?.results.map(RecipientAnswer.init) ?? []
        if state.stage == .finished, note == nil {
            results = state.order.recipients.map {
                RecipientAnswer(recipient: $0, outcome: "refused", reply: state.reason)
            }
        }
        self.init(
            order: state.order.id.description, mail: state.order.mail.description,
            gateway: state.order.gateway, by: state.order.by, ordered: state.order.ordered.iso8601,
            state: note == nil ? stage : "done",
            reason: state.stage == .queued && !state.reason.isEmpty ? state.reason : nil,
            finished: note?.at.iso8601, sent_to: note?.sentTo,
            line_ends_changed: note?.lineEndsChanged ?? false, results: results,
            released_before: releasedBefore)
    }
}

extension MailDetailsAnswer {
    init(_ details: Details) {
        self.init(
            mail: MailAnswer(details.found), places: details.entries.map(CopyAnswer.init),
            releases: details.releases.map { ReleaseAnswer($0, notes: details.notes) })
    }
}
