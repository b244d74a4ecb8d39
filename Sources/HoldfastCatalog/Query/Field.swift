// SPDX-License-Identifier: Apache-2.0
// The names that may stand before a colon.

/// What a query can ask about, under its canonical name.
enum Field: String, CaseIterable {
    case from, to, cc, bcc, mailfrom, rcpt, with, subject, body, filename, type
    case has, hasattachment, flag, reason, score
    case received, date, after, before, newerThan = "newer_than", olderThan = "older_than"
    case expires, size, larger, smaller, copies
    case id, msgid, sha256, node, segment
    case `is`, `in`

    /// Those that people ask for most, as a hint.
    static let common =
        "from: to: subject: id: before: after: date: size: has:attachment and others"

    /// Other names, from Gmail, KQL, notmuch and mu; lower case.
    private static let aliases: [String: Field] = [
        "f": .from, "sender": .from, "t": .to, "recip": .to, "recipients": .to, "tc": .to,
        "c": .cc, "senderaddress": .mailfrom, "recipientaddress": .rcpt, "participants": .with,
        "contact": .with, "a": .with, "s": .subject, "b": .body, "attachment": .filename,
        "attachmentnames": .filename, "file": .filename, "n": .filename, "mime": .type,
        "mimetype": .type, "arrived": .received, "sent": .date, "since": .after,
        "until": .before, "newer": .after, "older": .before, "z": .size, "i": .msgid, "mid": .msgid,
        "rfc822msgid": .msgid, "message-id": .msgid, "messageid": .msgid, "hash": .sha256,
        "state": .is, "releasestatus": .is, "tag": .has, "startexpiresdate": .expires,
    ]

    private static let names: [String: Field] = {
        let canonical = allCases.map { ($0.rawValue, $0) }
        return aliases.merging(canonical) { alias, _ in alias }
    }()

    /// Case is nothing.
    init?(name: String) {
        guard let field = Self.names[name.lowercased()] else { return nil }
        self = field
    }

    /// Where a text field looks; nil for the others.
    var places: Places? {
        switch self {
        case .from: .from
        case .to: .recipients
        case .cc: .cc
        case .bcc: .bcc
        case .mailfrom: .mailFrom
        case .rcpt, .in: .rcpt
        case .with: .people
        case .subject: .subject
        case .body: .body
        case .filename: .names
        default: nil
        }
    }

    /// A larger or a smaller value can be asked for.
    var isCompared: Bool {
        switch self {
        case .received, .date, .size, .copies, .score, .expires: true
        default: false
        }
    }

    /// The name that was probably meant, if one is near.
    static func nearest(to name: String) -> String? {
        let name = name.lowercased()
        let allowed = name.count <= 3 ? 1 : 2
        let candidates = names.keys.sorted().map { ($0, distance(name, $0)) }
        let near = candidates.filter { $0.1 <= allowed && $0.0.count > 1 }
        // Between two that are equally near, the canonical name.
        let best = near.min { left, right in
            (left.1, Field(rawValue: left.0) == nil ? 1 : 0)
                < (right.1, Field(rawValue: right.0) == nil ? 1 : 0)
        }
        return best?.0
    }

    /// How many letters must be put in, left out, changed or swapped with their neighbour.
    private static func distance(_ left: String, _ right: String) -> Int {
        let (left, right) = (Array(left), Array(right))
        if abs(left.count - right.count) > 2 { return .max }
        var twoBack = [Int](repeating: 0, count: right.count + 1)
        var previous = Array(0...right.count)
        for (row, letter) in left.enumerated() {
            var current = [row + 1]
            for (column, other) in right.enumerated() {
                let change = previous[column] + (letter == other ? 0 : 1)
                var best = min(change, previous[column + 1] + 1, current[column] + 1)
                if row > 0, column > 0, letter == right[column - 1], left[row - 1] == other {
                    best = min(best, twoBack[column - 1] + 1)
                }
                current.append(best)
            }
            (twoBack, previous) = (previous, current)
        }
        return previous[right.count]
    }
}
