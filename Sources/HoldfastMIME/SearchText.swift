// SPDX-License-Identifier: Apache-2.0
// The one normalisation of text for search: documents and queries, SQLite and PostgreSQL.

/// Turns text into the words that a search compares.
///
/// Compatibility forms, case and accents are folded; letters and digits make words and all else
/// separates them; scripts without blanks become overlapping pairs. The result is a–z, 0–9, single
/// spaces and UTF-8 beyond ASCII, so an index needs to know no more than the space. Stored words
/// were made by these rules: who changes them must make every index again.
package enum SearchText {
    /// The words of `text`, separated by one space. A word is cut after 64 bytes.
    package static func words(_ text: String) -> String {
        var bytes: [UInt8] = []
        append(text, to: &bytes, bytesMax: Int.max - 1)
        return String(decoding: bytes, as: UTF8.self)
    }

    /// The words of `text` one by one: what a query looks for, as a phrase.
    package static func terms(_ text: String) -> [String] {
        words(text).split(separator: " ").map(String.init)
    }

    /// Appends the words of `text`, after a space if need be, until `bytes` holds `bytesMax`.
    package static func append(_ text: String, to bytes: inout [UInt8], bytesMax: Int) {
        var text = text
        text.withUTF8 { append(utf8: UnsafeRawBufferPointer($0), to: &bytes, bytesMax: bytesMax) }
    }

    /// The same for octets that should be UTF-8; those that are not separate words.
    package static func append(
        utf8: UnsafeRawBufferPointer, to bytes: inout [UInt8], bytesMax: Int
    ) {
        var writer = WordWriter(after: bytes, bytesMax: bytesMax)
        bytes = []
        writer.write(Octets(utf8))
        bytes = writer.finish()
    }
}
