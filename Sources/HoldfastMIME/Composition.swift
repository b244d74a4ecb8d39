// SPDX-License-Identifier: Apache-2.0
// Kana with their voicing marks, and Hangul syllables from their letters.

/// The compositions of Unicode that searchable words keep: か and ゙ are が, ᄒ ᅡ ᆫ are 한.
enum Composition {
    /// A mark that means nothing without its kana.
    static func isMark(_ value: UInt32) -> Bool { value == 0x3099 || value == 0x309a }

    /// The character that `first` and `second` make together; nil when they do not.
    @inline(__always)
    static func join(_ first: UInt32, _ second: UInt32) -> UInt32? {
        if isMark(second) { return voiced(first, second) }
        guard (0x1161...0x11c2).contains(second) else { return nil }
        return syllable(first, second)
    }

    private static func voiced(_ kana: UInt32, _ mark: UInt32) -> UInt32? {
        // Katakana lie 0x60 after their hiragana.
        let shift: UInt32 = kana >= 0x30a0 ? 0x60 : 0
        let base = kana &- shift
        let isVoiced = mark == 0x3099
        switch base {
        case 0x3046: return isVoiced ? 0x3094 + shift : nil
        case 0x304b...0x3062: return isVoiced && base % 2 == 1 ? kana + 1 : nil
        case 0x3064, 0x3066, 0x3068: return isVoiced ? kana + 1 : nil
        case 0x306f...0x307d: return base % 3 == 0 ? kana + (isVoiced ? 1 : 2) : nil
        case 0x308f...0x3092 where shift != 0: return isVoiced ? kana + 8 : nil
        case 0x309d: return isVoiced ? kana + 1 : nil
        default: return nil
        }
    }

    /// Unicode's arithmetic of Hangul (chapter 3.12).
    private static func syllable(_ first: UInt32, _ second: UInt32) -> UInt32? {
        if (0x1100...0x1112).contains(first), second <= 0x1175 {
            return 0xac00 + ((first - 0x1100) * 21 + second - 0x1161) * 28
        }
        let isOpen = (0xac00...0xd7a3).contains(first) && (first - 0xac00) % 28 == 0
        return isOpen && second > 0x11a7 ? first + second - 0x11a7 : nil
    }
}
