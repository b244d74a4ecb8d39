// SPDX-License-Identifier: Apache-2.0
// A SHA-256, as a value.

/// The SHA-256 of a message's octets (or, in the header of an encrypted record, its keyed form).
package struct Digest: Hashable, Sendable {
    /// The thirty-two bytes as four big-endian words.
    package let words: (UInt64, UInt64, UInt64, UInt64)

    package static let zero = Digest(words: (0, 0, 0, 0))

    package init(words: (UInt64, UInt64, UInt64, UInt64)) {
        self.words = words
    }

    /// Nil unless there are thirty-two bytes.
    package init?(bytes: some Sequence<UInt8>) {
        let words = bytes.withContiguousStorageIfAvailable(Self.words)
        guard let words = words ?? Array(bytes).withUnsafeBufferPointer(Self.words) else {
            return nil
        }
        self.words = words
    }

    private static func words(
        of bytes: UnsafeBufferPointer<UInt8>
    ) -> (UInt64, UInt64, UInt64, UInt64)? {
        guard bytes.count == 32 else { return nil }
        let raw = UnsafeRawBufferPointer(bytes)
        func word(_ place: Int) -> UInt64 {
            UInt64(bigEndian: raw.loadUnaligned(fromByteOffset: place * 8, as: UInt64.self))
        }
        return (word(0), word(1), word(2), word(3))
    }

    /// Nil unless the text is sixty-four hexadecimal digits.
    package init?(hex: String) {
        guard let bytes = [UInt8](hex: hex) else { return nil }
        self.init(bytes: bytes)
    }

    package var bytes: [UInt8] {
        [words.0, words.1, words.2, words.3].flatMap { word in
            withUnsafeBytes(of: word.bigEndian, Array.init)
        }
    }

    package var hex: String { bytes.hex }

    package static func == (left: Digest, right: Digest) -> Bool {
        left.words == right.words
    }

    package func hash(into hasher: inout Hasher) {
        hasher.combine(words.0)
        hasher.combine(words.3)
    }
}

extension Collection<UInt8> {
    /// Two lower-case hexadecimal digits a byte.
    package var hex: String {
        let digits = Array("0123456789abcdef".utf8)
        return String(
            decoding: flatMap { [digits[Int($0 >> 4)], digits[Int($0 & 15)]] }, as: UTF8.self)
    }
}

extension [UInt8] {
    /// Nil unless the text is pairs of hexadecimal digits.
    package init?(hex: String) {
        let digits = hex.utf8.map { Character(UnicodeScalar($0)).hexDigitValue }
        guard digits.count.isMultiple(of: 2), !digits.contains(nil) else { return nil }
        self = stride(from: 0, to: digits.count, by: 2).map { place in
            UInt8((digits[place] ?? 0) << 4 | (digits[place + 1] ?? 0))
        }
    }
}
