// SPDX-License-Identifier: Apache-2.0
// Names of files whose bytes are no UTF-8, in a String and back.

/// Names and paths as the system has them: any bytes.
///
/// In a String each byte that is no UTF-8 is a scalar of private use, which the disk's calls turn back
/// into that byte: a name that was found in a folder names its file whatever it consists of.
package enum FileName {
    /// The scalars for the bytes 0x80 to 0xff. A name that has one of them in UTF-8 has its bytes escaped
    /// too, so that every name comes back as it was.
    private static let escapes: ClosedRange<UInt32> = 0x10_f780...0x10_f7ff
    private static let base: UInt32 = 0x10_f700

    package static func text(of bytes: [UInt8]) -> String {
        if let text = String(validating: bytes, as: UTF8.self), !hasEscape(text) { return text }
        var text = String.UnicodeScalarView()
        var parser = Unicode.UTF8.ForwardParser()
        var rest = bytes.makeIterator()
        var offset = 0
        while true {
            let length: Int
            switch parser.parseScalar(from: &rest) {
            case .valid(let encoded):
                length = encoded.count
                let scalar = Unicode.UTF8.decode(encoded)
                if byte(of: scalar) == nil {
                    text.append(scalar)
                } else {
                    text.append(contentsOf: bytes[offset..<(offset + length)].compactMap(escape))
                }
            case .error(let bad):
                length = bad
                text.append(contentsOf: bytes[offset..<(offset + length)].compactMap(escape))
            case .emptyInput: return String(text)
            }
            offset += length
        }
    }

    /// For people: `\xe9` for each byte that is no UTF-8.
    package static func readable(_ text: String) -> String {
        guard hasEscape(text) else { return text }
        return text.unicodeScalars.reduce(into: "") { readable, scalar in
            if let byte = byte(of: scalar) {
                readable += "\\x" + String(byte, radix: 16)
            } else {
                readable.unicodeScalars.append(scalar)
            }
        }
    }

    /// The bytes of a path, and the zero that ends it.
    static func systemPath(_ text: String) -> [CChar] {
        guard hasEscape(text) else { return Array(text.utf8CString) }
        var bytes: [UInt8] = []
        for scalar in text.unicodeScalars {
            if let byte = byte(of: scalar) {
                bytes.append(byte)
            } else {
                bytes.append(contentsOf: Character(scalar).utf8)
            }
        }
        return bytes.map { CChar(bitPattern: $0) } + [0]
    }

    private static func hasEscape(_ text: String) -> Bool {
        text.unicodeScalars.contains { byte(of: $0) != nil }
    }

    private static func byte(of scalar: Unicode.Scalar) -> UInt8? {
        escapes.contains(scalar.value) ? UInt8(scalar.value - base) : nil
    }

    private static func escape(_ byte: UInt8) -> Unicode.Scalar? {
        Unicode.Scalar(base + UInt32(byte))
    }
}
