// SPDX-License-Identifier: Apache-2.0
// What the spool remembers of a release while it is under way.
//
// A mark is a record of kind `order` whose summary section holds these fields instead of an `Order`
// (whose tags are all below 32); it has neither envelope nor message. Each mark says all that is
// known: the one with the highest number counts. Like orders, marks never leave the gateway.

internal import HoldfastModel

/// How far a release is, written down before the final dot (*started*) and after an attempt that
/// settled some recipients and not others.
struct ReleaseMark: Hashable, Sendable {
    var order: MailID
    var number: Int
    /// By place in the order's recipients.
    var results: [Int: RecipientResult]
    /// Recipients whose message is about to be ended with its dot: whatever happens now, they are in
    /// doubt unless a later mark or the note says otherwise.
    var inFlight: [Int]
    var lineEndsChanged: Bool
}

extension ReleaseMark {
    private enum Tag {
        static let order: UInt8 = 32
        static let number: UInt8 = 33
        static let result: UInt8 = 34
        static let inFlight: UInt8 = 35
        static let lineEndsChanged: UInt8 = 36
    }

    var encoded: [UInt8] {
        var fields = FieldWriter()
        fields.write(Tag.order, order.bytes)
        fields.write(Tag.number, UInt64(number))
        for (place, result) in results.sorted(by: { $0.key < $1.key }) {
            fields.write(
                Tag.result, Self.bytes(place) + [result.outcome.rawValue] + Array(result.reply.utf8)
            )
        }
        for place in inFlight { fields.write(Tag.inFlight, Self.bytes(place)) }
        fields.write(Tag.lineEndsChanged, lineEndsChanged ? 1 : 0)
        return fields.bytes
    }

    /// Nil when the record is an order, not a mark.
    init?(decoding bytes: ArraySlice<UInt8>) throws(RecordError) {
        self.init(
            order: MailID(0), number: 0, results: [:], inFlight: [], lineEndsChanged: false)
        var isMark = false
        var fields = FieldReader(bytes)
        while let field = try fields.next() {
            switch field.tag {
            case Tag.order:
                guard let order = MailID(bytes: field.value) else {
                    throw .malformed("a mark without its order")
                }
                self.order = order
                isMark = true
            case Tag.number: number = Int(clamping: try field.number)
            case Tag.result: try readResult(field.value)
            case Tag.inFlight: inFlight.append(try Self.place(field.value))
            case Tag.lineEndsChanged: lineEndsChanged = try field.number != 0
            default: break
            }
        }
        guard isMark else { return nil }
    }

    private mutating func readResult(_ value: ArraySlice<UInt8>) throws(RecordError) {
        let place = try Self.place(value)
        guard let code = value.dropFirst(4).first,
            let outcome = RecipientResult.Outcome(rawValue: code)
        else { throw .malformed("a recipient's result of an unknown kind") }
        results[place] = RecipientResult(
            recipient: "", outcome: outcome,
            reply: String(decoding: value.dropFirst(5), as: UTF8.self))
    }

    private static func bytes(_ place: Int) -> [UInt8] {
        withUnsafeBytes(of: UInt32(place).bigEndian, Array.init)
    }

    private static func place(_ value: ArraySlice<UInt8>) throws(RecordError) -> Int {
        guard value.count >= 4 else { throw .malformed("a recipient's place is cut short") }
        return value.prefix(4).reduce(0) { $0 << 8 | Int($1) }
    }
}

extension MailID {
    /// The id of a release's note: made of the order's, so that there is one.
    static func note(of order: MailID) -> MailID {
        MailID(ofOctets: MessageHash.digest(of: Array("holdfast note".utf8), order.bytes))
    }

    /// The id of a release's mark.
    static func mark(_ number: Int, of order: MailID) -> MailID {
        let number = withUnsafeBytes(of: UInt64(number).bigEndian, Array.init)
        return MailID(
            ofOctets: MessageHash.digest(of: Array("holdfast mark".utf8), order.bytes, number))
    }
}
