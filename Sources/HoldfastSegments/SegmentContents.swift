// SPDX-License-Identifier: Apache-2.0
// What a sealed segment says that it holds.

package import HoldfastModel

/// The head and the table of a sealed segment: where each record lies, and whose it is.
package struct SegmentContents: Sendable {
    /// One record, as far as the table knows it.
    package struct Line: Hashable, Sendable {
        package var mail: MailID
        package var kind: RecordKind
        package var place: Placed
        package var keepUntil: Day
    }

    package let header: SegmentHeader
    package let lines: [Line]

    init(header: SegmentHeader, table: SealTable) {
        self.header = header
        lines = table.lines.map { line in
            Line(
                mail: line.mail, kind: line.kind,
                place: Placed(
                    segment: header.number, offset: line.offset, length: line.length,
                    position: line.position),
                keepUntil: line.keepUntil)
        }
    }
}
