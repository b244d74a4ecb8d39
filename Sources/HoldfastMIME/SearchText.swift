// SPDX-License-Identifier: Apache-2.0
// The one normalisation of text for search: documents and queries, SQLite and PostgreSQL.

/// Turns text into the words that a search compares.
///
/// Compatibility forms, case and accents are folded; letters and digits make words and all else
/// separates them; scripts without blanks become overlapping pairs, with the last character of a run
/// alone behind them. The result is a–z, 0–9, single
/// spaces and UTF-8 beyond ASCII, so an index needs to know no more than the space. Stored words
/// were made by these rules: who changes them must make every index again.
package enum SearchText {
    /// The words of `text`, separated by one space. A word is cut after 64 bytes.
    package static func words(_ text: String) -> String {
        var bytes: [UInt8] = []
        append(text, to: &bytes, bytesMax: Int.max - 1)
        return String(decoding: bytes, as: UTF8.self)
    }

    /// The words of `text` one by one, as the index has them.
    package static func terms(_ text: String) -> [String] {
        words(text).split(separator: " ").map(String.init)
    }

    /// What a query looks for: words that stand one after the other, the last of them perhaps only as a
    /// beginning.
    ///
    /// A run of ideographs at the end may go on in the mail: the character that stands alone behind its
    /// pairs is left out, and one that has no pair is the beginning of every pair that it is in.
    package static func phrase(_ text: String) -> (terms: [String], isBeginning: Bool) {
        var terms = terms(text)
        guard let last = terms.last, isIdeograph(last) else { return (terms, false) }
        guard terms.count > 1, let pair = terms.dropLast().last, isPair(pair, endingIn: last) else {
            return (terms, true)
        }
        terms.removeLast()
        return (terms, false)
    }

    private static func isIdeograph(_ term: String) -> Bool {
        let scalars = term.unicodeScalars
        guard scalars.count == 1, let scalar = scalars.first, scalar.value >= 0x80 else {
            return false
        }
        return FoldTable.standard.fold(scalar.value).kind == .ideograph
    }

    private static func isPair(_ term: String, endingIn last: String) -> Bool {
        let scalars = term.unicodeScalars
        guard scalars.count == 2, let first = scalars.first else { return false }
        return isIdeograph(String(first)) && term.unicodeScalars.last == last.unicodeScalars.last
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
