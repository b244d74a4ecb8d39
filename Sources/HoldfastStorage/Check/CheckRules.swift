// SPDX-License-Identifier: Apache-2.0
// What a reading of a segment and the local index's rows of it say together: decisions only.

package import HoldfastModel

/// A segment as it was read from end to end.
package struct SegmentReading: Sendable {
    /// Every whole record, by where it begins.
    package var whole: [UInt64: MailID] = [:]
    /// Bytes that are not what was written.
    package var damaged: [Range<UInt64>] = []
    /// How far it was read: what was appended behind is another reading's.
    package var end: UInt64
    package var bytes: UInt64 = 0

    package init(end: UInt64) {
        self.end = end
    }
}

/// What is known of one place in a segment, beside what was read there.
package struct CheckedRow: Hashable, Sendable {
    package var mail: MailID
    package var position: Position
    package var offset: UInt64
    /// Another record here stands for the mail by now.
    package var isReplaced: Bool

    package init(mail: MailID, position: Position, offset: UInt64, isReplaced: Bool) {
        self.mail = mail
        self.position = position
        self.offset = offset
        self.isReplaced = isReplaced
    }
}

/// What is to be done about a segment.
package struct SegmentFindings: Hashable, Sendable {
    /// Rows whose record is not whole, and no other stands for it here.
    package var bad: [CheckedRow] = []
    /// Places that were damaged and count no more: they are whole, or nothing depends on them.
    package var healed: [UInt64] = []
    /// Whole records that have no row.
    package var undocumented: [UInt64] = []
}

/// Compares what was read with what the local index says.
package enum CheckRules {
    /// - Parameter rows: all rows of the segment, read after the segment was.
    /// - Parameter known: the places in it that were known to be damaged before.
    package static func findings(
        _ reading: SegmentReading, rows: [CheckedRow], known: Set<UInt64>
    ) -> SegmentFindings {
        var findings = SegmentFindings()
        var healed = known
        var documented: Set<UInt64> = []
        for row in rows where row.offset < reading.end {
            documented.insert(row.offset)
            let isWhole = reading.whole[row.offset] == row.mail
            if isWhole { continue }
            healed.remove(row.offset)
            if row.isReplaced {
                findings.healed.append(row.offset)
            } else {
                findings.bad.append(row)
            }
        }
        findings.healed += healed
        // What begins in no row's place was damaged once and copied anew since.
        findings.healed += reading.damaged.map(\.lowerBound).filter { place in
            !documented.contains(place) && !known.contains(place)
        }
        findings.healed = Set(findings.healed).sorted()
        findings.undocumented = reading.whole.keys.filter { !documented.contains($0) }.sorted()
        return findings
    }
}
