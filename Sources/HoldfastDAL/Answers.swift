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
            sender: found.sender, recipients: found.recipients, released: found.released?.iso8601,
            held: found.isHeld ? true : nil,
            score: found.score.map { Double($0) / 1000 })
    }
}

extension ExplainAnswer {
    init(_ explanation: Explanation) {
        self.init(
            tree: explanation.tree, index: explanation.index,
            statements: explanation.statements.map {
                StatementAnswer(sql: $0.sql, values: $0.values, plan: $0.plan)
            })
    }
}

extension CopyAnswer {
    init(_ copy: KnownCopy) {
        let (entry, location) = (copy.entry, copy.entry.location)
        let checksum = withUnsafeBytes(of: entry.checksum.bigEndian, Array.init).hex
        self.init(
            node: copy.name, node_id: location.node.description, segment: location.segment,
            offset: location.offset, length: entry.length, disk: entry.disk.description,
            host: entry.host, checksum: checksum,
            entered: copy.entered.iso8601, keepUntil: entry.keepUntil, counts: copy.counts)
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
    init(_ details: Details, acks: AckRule) {
        let origin = details.envelope.origin
        self.init(
            mail: MailAnswer(details.found), places: details.entries.map(CopyAnswer.init),
            releases: details.releases.map { ReleaseAnswer($0, notes: details.notes) })
        transport = origin.transport
        client = origin.client
        greeting = origin.greeting
        acked = details.acked(by: acks)?.iso8601
        wishes = details.notes.filter { $0.kind != .release }.map(WishNoteAnswer.init)
    }
}

extension Details {
    /// When so many copies were entered that it counted as safe; nil as long as there are too few.
    func acked(by acks: AckRule) -> Timestamp? {
        var disks: Set<DiskID> = []
        let counting = entries.sorted { $0.entered < $1.entered }.filter { copy in
            acks.disksMayBeShared || disks.insert(copy.entry.disk).inserted
        }
        let needed = acks.needed(wanted: found.copiesWanted)
        return counting.count < needed ? nil : counting[needed - 1].entered
    }
}

extension WishNoteAnswer {
    fileprivate init(_ note: Note) {
        self.init(kind: "\(note.kind)", at: note.at.iso8601, by: note.by, reason: note.reason)
    }
}
