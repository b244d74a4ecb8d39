// SPDX-License-Identifier: Apache-2.0
// Content-Transfer-Encoding: base64, quoted-printable, uuencode. Garbage is passed over.

/// How a part's body is written.
enum TransferEncoding {
    case identity, base64, quotedPrintable, uuencode

    init(_ value: Octets?) {
        guard let value else { self = .identity; return }
        let token = value.upTo(value.firstIndex { $0 == 0x3b || $0 == 0x28 } ?? value.count).trimmed
        if token.equals("base64") || token.equals("base-64") || token.equals("\"base64\"") {
            self = .base64
        } else if token.hasPrefix("quoted-printable") || token.equals("\"quoted-printable\"") {
            self = .quotedPrintable
        } else if token.equals("x-uuencode") || token.equals("uuencode") || token.equals("x-uue") {
            self = .uuencode
        } else {
            self = .identity
        }
    }

    /// Appends the octets that `body` stands for.
    func decode(_ body: Octets, into bytes: inout [UInt8]) {
        switch self {
        case .identity: bytes.append(body)
        case .base64:
            var decoder = Base64Decoder()
            decoder.decode(body, into: &bytes)
        case .quotedPrintable: QuotedPrintable.decode(body, into: &bytes)
        case .uuencode: UUEncoding.decode(body, into: &bytes)
        }
    }
}

/// Base64 in as many pieces as it comes: some mailers cut encoded words anywhere.
struct Base64Decoder {
    private var bits: UInt32 = 0
    private var count = 0

    /// 64 for what is no digit, 65 for padding.
    private static let digits: [UInt8] = {
        var digits = [UInt8](repeating: 64, count: 256)
        let alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/"
        for (value, byte) in alphabet.utf8.enumerated() { digits[Int(byte)] = UInt8(value) }
        digits[0x2d] = 62
        digits[0x5f] = 63
        digits[0x3d] = 65
        return digits
    }()

    mutating func decode(_ text: Octets, into bytes: inout [UInt8]) {
        bytes.reserveCapacity(bytes.count + text.count / 4 * 3 + 3)
        Self.digits.withUnsafeBufferPointer { digits in
            for byte in text.buffer {
                let digit = digits[Int(byte)]
                if digit < 64 {
                    take(UInt32(digit), into: &bytes)
                } else if digit == 65 {
                    // Padding ends a run; another may follow.
                    bits = 0
                    count = 0
                }
            }
        }
    }

    @inline(__always)
    private mutating func take(_ digit: UInt32, into bytes: inout [UInt8]) {
        bits = bits << 6 | digit
        count = (count + 1) & 3
        // The first of four digits completes no byte; the others leave four, two and no bits over.
        switch count {
        case 2: bytes.append(UInt8(truncatingIfNeeded: bits >> 4))
        case 3: bytes.append(UInt8(truncatingIfNeeded: bits >> 2))
        case 0: bytes.append(UInt8(truncatingIfNeeded: bits))
        default: break
        }
    }
}

enum QuotedPrintable {
    static func decode(_ text: Octets, into bytes: inout [UInt8]) {
        bytes.reserveCapacity(bytes.count + text.count)
        var place = 0
        while place < text.count {
            guard let sign = text.find(0x3d, from: place) else {
                return bytes.append(text.from(place))
            }
            bytes.append(text[place..<sign])
            place = sign + 1
            if place + 1 < text.count, let high = text[place].hexDigit,
                let low = text[place + 1].hexDigit
            {
                bytes.append(high << 4 | low)
                place += 2
            } else if let next = softBreak(text, place) {
                place = next
            } else {
                bytes.append(0x3d)
            }
        }
    }

    /// Where the text goes on after a `=` that ends its line; nil when it does not.
    private static func softBreak(_ text: Octets, _ start: Int) -> Int? {
        var place = start
        while place < text.count, place - start < 100, text[place] == 0x20 || text[place] == 9 {
            place += 1
        }
        guard place < text.count else { return place }
        let blanks = place
        while place < text.count, place - blanks < 4, text[place] == 0x0d { place += 1 }
        if place < text.count, text[place] == 0x0a { return place + 1 }
        return place > blanks ? place : nil
    }
}
