// SPDX-License-Identifier: Apache-2.0
// A view of octets that somebody else keeps alive.

import Glibc

/// A run of a message's octets, valid while the reader that was given the message runs.
///
/// Every subscript is checked in release builds too, and every slice is clamped: what a message
/// says about lengths can lead to a wrong text, never out of its memory.
struct Octets: RandomAccessCollection {
    typealias SubSequence = Slice<Octets>

    let buffer: UnsafeRawBufferPointer

    init(_ buffer: UnsafeRawBufferPointer) {
        self.buffer = buffer
    }

    static var empty: Octets { Octets(UnsafeRawBufferPointer(start: nil, count: 0)) }

    var startIndex: Int { 0 }
    var endIndex: Int { buffer.count }

    @inline(__always)
    subscript(place: Int) -> UInt8 {
        precondition(place >= 0 && place < buffer.count, "a place outside of the octets")
        return buffer[place]
    }

    /// The octets of `range` that exist, counted from zero again.
    subscript(range: Range<Int>) -> Octets {
        let start = Swift.min(Swift.max(range.lowerBound, 0), count)
        let end = Swift.min(Swift.max(range.upperBound, start), count)
        return Octets(UnsafeRawBufferPointer(rebasing: buffer[start..<end]))
    }

    func from(_ place: Int) -> Octets { self[place..<Swift.max(place, count)] }
    func upTo(_ place: Int) -> Octets { self[0..<Swift.max(place, 0)] }

    /// Where `byte` is first found at or after `start`.
    @inline(__always)
    func find(_ byte: UInt8, from start: Int = 0) -> Int? {
        guard start >= 0, start < count, let base = buffer.baseAddress else { return nil }
        guard let found = memchr(base + start, Int32(byte), count - start) else { return nil }
        return UnsafeRawPointer(found) - base
    }

    /// Where `needle` is first found at or after `start`.
    func find(_ needle: StaticString, from start: Int = 0) -> Int? {
        guard let base = buffer.baseAddress else { return nil }
        let length = needle.utf8CodeUnitCount
        var place = start
        while let found = find(needle.utf8Start[0], from: place), found + length <= count {
            if memcmp(base + found, needle.utf8Start, length) == 0 { return found }
            place = found + 1
        }
        return nil
    }

    func contains(_ byte: UInt8) -> Bool { find(byte) != nil }
}

extension Octets {
    /// Whether these octets are `text`, which is in lower case, in any case.
    @inline(__always)
    func equals(_ text: StaticString) -> Bool {
        count == text.utf8CodeUnitCount && hasPrefix(text)
    }

    /// Whether these octets begin with `text`, which is in lower case, in any case.
    @inline(__always)
    func hasPrefix(_ text: StaticString) -> Bool {
        let length = text.utf8CodeUnitCount
        guard count >= length else { return false }
        for place in 0..<length where buffer[place].lowercased != text.utf8Start[place] {
            return false
        }
        return true
    }

    func equals(_ bytes: [UInt8]) -> Bool {
        count == bytes.count && elementsEqual(bytes)
    }

    var trimmed: Octets {
        var start = 0
        var end = count
        while start < end, buffer[start].isBlank { start += 1 }
        while end > start, buffer[end - 1].isBlank { end -= 1 }
        return self[start..<end]
    }

    var isASCII: Bool {
        var place = 0
        while place + 8 <= count {
            let eight = buffer.loadUnaligned(fromByteOffset: place, as: UInt64.self)
            if eight & 0x8080_8080_8080_8080 != 0 { return false }
            place += 8
        }
        while place < count {
            if buffer[place] >= 0x80 { return false }
            place += 1
        }
        return true
    }

    var isUTF8: Bool {
        (try? UTF8Span(validating: buffer.bindMemory(to: UInt8.self).span)) != nil
    }

    /// The octets as text in lower case; what is not ASCII is taken for Latin-1.
    var lowercasedText: String {
        var text = ""
        for byte in self { text.unicodeScalars.append(Unicode.Scalar(byte.lowercased)) }
        return text
    }
}

extension [UInt8] {
    /// Lends the array's bytes as octets.
    func withOctets<Result>(_ body: (Octets) -> Result) -> Result {
        withUnsafeBytes { body(Octets($0)) }
    }

    mutating func append(_ octets: Octets) {
        append(contentsOf: octets.buffer)
    }

    mutating func append(_ text: StaticString) {
        append(
            contentsOf: UnsafeRawBufferPointer(start: text.utf8Start, count: text.utf8CodeUnitCount)
        )
    }

    mutating func append(_ scalar: Unicode.Scalar) {
        if let encoded = UTF8.encode(scalar) { append(contentsOf: encoded) }
    }
}

extension UInt8 {
    @inline(__always)
    var lowercased: UInt8 { self &- 0x41 < 26 ? self | 0x20 : self }

    /// Space, tab and what ends lines.
    @inline(__always)
    var isBlank: Bool { self == 0x20 || self &- 9 < 5 }

    @inline(__always)
    var isDigit: Bool { self &- 0x30 < 10 }

    @inline(__always)
    var isLetter: Bool { (self | 0x20) &- 0x61 < 26 }

    var hexDigit: UInt8? {
        switch self {
        case 0x30...0x39: self - 0x30
        case 0x41...0x46: self - 0x41 + 10
        case 0x61...0x66: self - 0x61 + 10
        default: nil
        }
    }

    init(_ character: Character) {
        self = character.asciiValue ?? 0x3f
    }

    @inline(__always)
    static func ascii(_ scalar: Unicode.Scalar) -> UInt8 { UInt8(truncatingIfNeeded: scalar.value) }
}
