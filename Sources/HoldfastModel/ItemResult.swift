// SPDX-License-Identifier: Apache-2.0
// The answer to one item, from the node that was offered it to the node that leased it out.

/// What a node did with one item of a batch.
package enum Outcome: Hashable, Sendable {
    /// Kept; durable here.
    case kept
    /// Was here already; as good as kept.
    case alreadyHeld
    /// This target cannot take it (same node or disk, draining, full): try another.
    case notHere(String)
    /// Nobody can be expected to take it as it is.
    case refused(String)
    /// Not now: the same again later.
    case later(String)
}

/// One line of a settle: which item, what became of it, and the slip as it is now.
package struct ItemResult: Sendable {
    package var mail: MailID
    /// The item's position in the queue it was leased from; none in the answer of a target.
    package var position: Position
    package var outcome: Outcome
    /// The slip with the holders that the answering node knows; nil where it has nothing to say.
    package var slip: Slip?
    /// The name of the node that answered.
    package var node: String

    package init(
        mail: MailID, position: Position = .none, outcome: Outcome, slip: Slip? = nil,
        node: String = ""
    ) {
        self.mail = mail
        self.position = position
        self.outcome = outcome
        self.slip = slip
        self.node = node
    }
}

extension ItemResult {
    private enum Tag {
        static let outcome: UInt8 = 1
        static let reason: UInt8 = 2
        static let node: UInt8 = 3
    }

    package var encoded: Record {
        var header = RecordHeader(
            kind: .result, mail: mail, received: Timestamp(milliseconds: 0),
            keepUntil: Day(number: 0))
        header.position = position
        var record = Record(header)
        if let slip { record.setSlip(slip) }
        var fields = FieldWriter(capacity: 32)
        let (code, reason): (UInt64, String) =
            switch outcome {
            case .kept: (1, "")
            case .alreadyHeld: (2, "")
            case .notHere(let reason): (3, reason)
            case .refused(let reason): (4, reason)
            case .later(let reason): (5, reason)
            }
        fields.write(Tag.outcome, code)
        fields.write(Tag.reason, reason)
        fields.write(Tag.node, node)
        record.setSummary(fields.bytes[...])
        return record
    }

    package init(decoding record: Record) throws(RecordError) {
        guard record.header.kind == .result else { throw .malformed("not a result") }
        var (code, reason, node): (UInt64, String, String) = (0, "", "")
        var fields = FieldReader(record.summary)
        while let field = try fields.next() {
            switch field.tag {
            case Tag.outcome: code = try field.number
            case Tag.reason: reason = field.text
            case Tag.node: node = field.text
            default: break
            }
        }
        let outcome: Outcome
        switch code {
        case 1: outcome = .kept
        case 2: outcome = .alreadyHeld
        case 3: outcome = .notHere(reason)
        case 4: outcome = .refused(reason)
        case 5: outcome = .later(reason)
        default: throw .malformed("a result of an unknown kind")
        }
        let slip = record.slip.isEmpty ? nil : try Slip(decoding: record.slip)
        self.init(
            mail: record.header.mail, position: record.header.position, outcome: outcome,
            slip: slip,
            node: node)
    }
}

extension [ItemResult] {
    /// The results as one body on the wire.
    package var encoded: [UInt8] {
        var bytes: [UInt8] = []
        for result in self { result.encoded.encode(into: &bytes) }
        return bytes
    }

    package init(decoding bytes: ArraySlice<UInt8>) throws(RecordError) {
        self = try Record.all(in: bytes).map { record throws(RecordError) in
            try ItemResult(decoding: record)
        }
    }
}
