// SPDX-License-Identifier: Apache-2.0
// The octets that SMTP gives a meaning, and the search for them.

#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#else
    import Darwin
#endif

/// The octets that SMTP gives a meaning.
enum Octet {
    static let tab = UInt8(ascii: "\t")
    static let feed = UInt8(ascii: "\n")
    static let `return` = UInt8(ascii: "\r")
    static let dot = UInt8(ascii: ".")
    static let space = UInt8(ascii: " ")
}

extension UInt8 {
    /// `0` to `9`.
    var isDigit: Bool { (0x30...0x39).contains(self) }
}

extension UnsafeRawBufferPointer {
    /// Where `octet` first stands in `range`; the C library knows the fastest way on each machine.
    func place(of octet: UInt8, in range: Range<Int>) -> Int? {
        guard !range.isEmpty, let start = baseAddress else { return nil }
        guard let found = memchr(start + range.lowerBound, Int32(octet), range.count) else {
            return nil
        }
        return UnsafeRawPointer(found) - start
    }
}

extension ArraySlice<UInt8> {
    /// How many octets stand before the first `octet`.
    func count(before octet: UInt8) -> Int? {
        withUnsafeBytes { $0.place(of: octet, in: 0..<$0.count) }
    }

    /// The octets without blanks at either end.
    var trimmed: ArraySlice<UInt8> {
        var middle = drop { $0 == Octet.space }
        while middle.last == Octet.space { middle.removeLast() }
        return middle
    }

    /// Takes the octets up to the next blank, and the blanks behind them.
    mutating func takeWord() -> ArraySlice<UInt8> {
        let word = prefix { $0 != Octet.space }
        self = self[word.endIndex...].drop { $0 == Octet.space }
        return word
    }

    /// ASCII letters as capitals, for words that SMTP compares without case.
    var capitals: String {
        String(unsafeUninitializedCapacity: count) { text in
            for (place, octet) in enumerated() {
                text[place] = (0x61...0x7a).contains(octet) ? octet - 0x20 : octet
            }
            return count
        }
    }
}
