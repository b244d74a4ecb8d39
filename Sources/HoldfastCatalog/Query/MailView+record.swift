// SPDX-License-Identifier: Apache-2.0
// A mail as its record tells of it.

package import HoldfastModel

extension MailView {
    /// The header sections of a record: nothing is said yet of the body's words, unless they lie in the
    /// summary.
    package init(_ record: Record) throws(RecordError) {
        let summary = record.summary.isEmpty ? Summary() : try Summary(decoding: record.summary)
        self.init(
            id: record.header.mail, received: record.header.received, summary: summary,
            envelope: try Envelope(decoding: record.envelope))
        size = record.header.originalBytes
        if record.header.encrypted { words = summary.words }
    }
}
