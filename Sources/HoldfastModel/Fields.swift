// SPDX-License-Identifier: Apache-2.0
// The one encoding of what is not octets of a message: tagged fields.
//
//   field  = tag (1 byte) · length (varint) · value
//   varint = 7 bits a byte, least significant first, the top bit says that more follows
//
// A number is its varint as the value. A reader skips tags that it does not know.

/// Writes tagged fields.
package struct FieldWriter {
    package private(set) var bytes: [UInt8] = []

    package init(capacity: Int = 256) {
        bytes.reserveCapacity(capacity)
    }

    /// An empty text is left out: a reader takes absence for emptiness.
    package mutating func write(_ tag: UInt8, _ text: String) {
        var text = text
        text.withUTF8 { utf8 in
            if !utf8.isEmpty { write(tag, utf8) }
        }
    }

    package mutating func write(_ tag: UInt8, _ value: [UInt8]) {
        value.withUnsafeBufferPointer { write(tag, $0) }
    }

    /// Zero is left out, likewise.
    package mutating func write(_ tag: UInt8, _ number: UInt64) {
        guard number != 0 else { return }
        bytes.append(tag)
        bytes.append(UInt8((70 - number.leadingZeroBitCount) / 7))
        writeVarint(number)
    }

    private mutating func write(_ tag: UInt8, _ value: UnsafeBufferPointer<UInt8>) {
        bytes.append(tag)
        writeVarint(UInt64(value.count))
        bytes.append(contentsOf: value)
    }

    private mutating func writeVarint(_ number: UInt64) {
        var rest = number
        while rest >= 0x80 {
            bytes.append(UInt8(truncatingIfNeeded: rest) | 0x80)
            rest >>= 7
        }
        bytes.append(UInt8(rest))
    }
}

/// Reads tagged fields one after the other; trusts nothing.
package struct FieldReader {
    /// One field; its value is a part of what the reader was given.
    package struct Field {
        package let tag: UInt8
        package let value: ArraySlice<UInt8>

        package var text: String { String(decoding: value, as: UTF8.self) }

        package var number: UInt64 {
            get throws(RecordError) {
                var rest = value
                return try FieldReader.readVarint(&rest)
            }
        }
    }

    private var rest: ArraySlice<UInt8>

    package init(_ bytes: ArraySlice<UInt8>) {
        rest = bytes
    }

    package mutating func next() throws(RecordError) -> Field? {
        guard let tag = rest.popFirst() else { return nil }
        let length = try Self.readVarint(&rest)
        guard length <= UInt64(rest.count) else {
            throw .malformed("a field is longer than its section")
        }
        let value = rest.prefix(Int(length))
        rest = rest.dropFirst(Int(length))
        return Field(tag: tag, value: value)
    }

    private static func readVarint(_ bytes: inout ArraySlice<UInt8>) throws(RecordError) -> UInt64 {
        var number: UInt64 = 0
        for shift in stride(from: 0, through: 63, by: 7) {
            guard let byte = bytes.popFirst() else { throw .malformed("a number ends too early") }
            guard shift < 63 || byte <= 1 else { break }
            number |= UInt64(byte & 0x7f) << UInt64(shift)
            if byte < 0x80 { return number }
        }
        throw .malformed("a number is too large")
    }
}
