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
    /// A place that is not what was written, and that somebody may depend on.
    package struct Bad: Hashable, Sendable {
        /// Nil where the index lost it with what lay there.
        package var mail: MailID?
        package var offset: UInt64

        package init(mail: MailID?, offset: UInt64) {
            self.mail = mail
            self.offset = offset
        }
    }

    /// Records that are not whole, and no other stands for them here or elsewhere, by offset.
    package var bad: [Bad] = []
    /// Places that were damaged and count no more: they are whole, or nothing depends on them.
    package var healed: [UInt64] = []
    /// Whole records that have no row.
    package var undocumented: [UInt64] = []
}

/// Compares what was read with what the local index says.
package enum CheckRules {
    /// - Parameter rows: all rows of the segment, read after the segment was.
    /// - Parameter known: what was known before to be damaged in it.
    package static func findings(
        _ reading: SegmentReading, rows: [CheckedRow], known: [DamagedCopy]
    ) -> SegmentFindings {
        var findings = SegmentFindings()
        var healed: Set<UInt64> = []
        var accounted: Set<UInt64> = []
        for row in rows where row.offset < reading.end {
            accounted.insert(row.offset)
            if reading.whole[row.offset] == row.mail { continue }
            if row.isReplaced {
                healed.insert(row.offset)
            } else {
                findings.bad.append(.init(mail: row.mail, offset: row.offset))
            }
        }
        let documented = accounted
        for damaged in known where damaged.place.offset < reading.end {
            let offset = damaged.place.offset
            if accounted.insert(offset).inserted, reading.whole[offset] == nil, !damaged.isHealed {
                // Its row went when the damage was found.
                findings.bad.append(.init(mail: damaged.mail, offset: offset))
            } else if !findings.bad.contains(where: { $0.offset == offset }) {
                healed.insert(offset)
            }
        }
        // What begins at no place that anybody knew holds nothing that counts.
        healed.formUnion(reading.damaged.map(\.lowerBound).filter { !accounted.contains($0) })
        findings.bad.sort { $0.offset < $1.offset }
        findings.healed = healed.sorted()
        findings.undocumented = reading.whole.keys.filter { !documented.contains($0) }.sorted()
        return findings
    }
}
