// SPDX-License-Identifier: Apache-2.0
// Lists of texts in one column, as JSON, which every database can read.

internal import Foundation

enum TextList {
    /// A JSON array of strings; nil of nothing.
    static func json(_ texts: [String]) -> String? {
        guard !texts.isEmpty else { return nil }
        var bytes: [UInt8] = [UInt8(ascii: "[")]
        for (number, text) in texts.enumerated() {
            if number > 0 { bytes.append(UInt8(ascii: ",")) }
            append(text, to: &bytes)
        }
        bytes.append(UInt8(ascii: "]"))
        return String(decoding: bytes, as: UTF8.self)
    }

    static func texts(_ json: String?) throws(CatalogError) -> [String] {
        guard let json else { return [] }
        do {
            return try JSONDecoder().decode([String].self, from: Data(json.utf8))
        } catch {
            throw .damaged("a list of texts is no JSON array: \(error)")
        }
    }

    private static let digits = Array("0123456789abcdef".utf8)

    private static func append(_ text: String, to bytes: inout [UInt8]) {
        bytes.append(UInt8(ascii: "\""))
        for byte in text.utf8 {
            switch byte {
            case UInt8(ascii: "\""), UInt8(ascii: "\\"):
                bytes.append(UInt8(ascii: "\\"))
                bytes.append(byte)
            case 0..<0x20:
                bytes += Array("\\u00".utf8)
                bytes += [digits[Int(byte >> 4)], digits[Int(byte & 15)]]
            default: bytes.append(byte)
            }
        }
        bytes.append(UInt8(ascii: "\""))
    }
}
