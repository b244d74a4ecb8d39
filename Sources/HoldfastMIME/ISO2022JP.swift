// SPDX-License-Identifier: Apache-2.0
// Japanese mail's own charset, made readable for the C library.

/// ISO-2022-JP with what Microsoft's mailers put into it (①, ㈱, half-width kana), which the
/// C library's converter refuses: its shifts are undone, and EUC-JP remains, which is converted.
enum ISO2022JP {
    private enum Shift {
        case ascii, kana, twoBytes, supplement
    }

    static func unshifted(_ octets: Octets) -> [UInt8] {
        var bytes: [UInt8] = []
        bytes.reserveCapacity(octets.count)
        var shift = Shift.ascii
        var place = 0
        while place < octets.count {
            let byte = octets[place]
            if byte == 0x1b, let (next, length) = escape(octets.from(place + 1)) {
                shift = next
                place += 1 + length
            } else if shift == .ascii || byte <= 0x20 || byte >= 0x7f {
                // Lines end in ASCII whether or not somebody shifted back.
                if byte == 0x0a { shift = .ascii }
                bytes.append(byte)
                place += 1
            } else {
                place += append(octets[place..<(place + 2)], shift, to: &bytes)
            }
        }
        return bytes
    }

    /// Appends one character and says how many octets it took.
    private static func append(_ pair: Octets, _ shift: Shift, to bytes: inout [UInt8]) -> Int {
        if shift == .kana {
            bytes.append(0x8e)
            bytes.append(pair[0] | 0x80)
            return 1
        }
        if shift == .supplement { bytes.append(0x8f) }
        for byte in pair { bytes.append(byte | 0x80) }
        return pair.count
    }

    /// What follows an escape: `(B`, `(J`, `(I`, `$@`, `$B`, `$(D`.
    private static func escape(_ rest: Octets) -> (Shift, Int)? {
        if rest.upTo(3).elementsEqual("$(D".utf8) { return (.supplement, 3) }
        guard rest.count > 1 else { return nil }
        switch (rest[0], rest[1]) {
        case (0x28, 0x49): return (.kana, 2)
        case (0x28, _): return (.ascii, 2)
        case (0x24, 0x40), (0x24, 0x42): return (.twoBytes, 2)
        default: return nil
        }
    }
}
