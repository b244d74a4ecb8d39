// SPDX-License-Identifier: Apache-2.0
// The rules by which the fold table is made.

import Foundation

/// How one scalar folds, slowly.
enum FoldRules {
    static func fold(_ scalar: Unicode.Scalar) -> [Fold] {
        let value = scalar.value
        if let special = special[value] { return special.unicodeScalars.map { .letter($0.value) } }
        if isSign(value) { return [.separator] }
        if isIdeograph(value) { return [.ideograph(value)] }
        let properties = scalar.properties
        switch properties.generalCategory {
        case .unassigned, .privateUse, .surrogate, .control: return [.separator]
        case .format: return [.nothing]
        default: break
        }
        if properties.isDefaultIgnorableCodePoint || isAccent(value) { return [.nothing] }
        if let letter = enclosedLetter(value) { return [.letter(letter)] }
        // Beyond the alphabets with case and accents, what does not say that it folds does not:
        // asking this first makes the table five times faster to build.
        if value >= 0x2000, !properties.changesWhenNFKCCaseFolded {
            return [isWordPart(scalar) ? .letter(value) : .separator]
        }
        return String(Character(scalar)).decomposedStringWithCompatibilityMapping.unicodeScalars
            .flatMap(foldDecomposed)
    }

    private static func foldDecomposed(_ scalar: Unicode.Scalar) -> [Fold] {
        if let special = special[scalar.value] {
            return special.unicodeScalars.map { .letter($0.value) }
        }
        if isAccent(scalar.value) { return [] }
        if isSign(scalar.value) { return [.separator] }
        if isIdeograph(scalar.value) { return [.ideograph(scalar.value)] }
        // Up and down again joins what lower case alone keeps apart: ς and σ, ß and ss.
        let folded = scalar.properties.lowercaseMapping.uppercased().lowercased()
        return folded.decomposedStringWithCompatibilityMapping.unicodeScalars.compactMap { part in
            if isAccent(part.value) { return nil }
            if let special = special[part.value] {
                return special.unicodeScalars.first.map { .letter($0.value) }
            }
            return isWordPart(part) ? .letter(part.value) : .separator
        }
    }

    private static func isWordPart(_ scalar: Unicode.Scalar) -> Bool {
        if scalar.value < 0x80 {
            return UInt8(scalar.value).isLetter || UInt8(scalar.value).isDigit
        }
        switch scalar.properties.generalCategory {
        case .uppercaseLetter, .lowercaseLetter, .titlecaseLetter, .modifierLetter, .otherLetter,
            .nonspacingMark, .spacingMark, .decimalNumber, .letterNumber, .otherNumber:
            return true
        default: return false
        }
    }

    /// Letters with strokes and ligatures, which Unicode does not decompose and people do.
    private static let special: [UInt32: String] = {
        let folds = [
            "Øø": "o", "Đđ": "d", "Łł": "l", "Ħħ": "h", "Ŧŧ": "t", "Ðð": "d", "ı": "i", "ƒ": "f",
            "Ææ": "ae", "Œœ": "oe", "Þþ": "th",
        ]
        var special: [UInt32: String] = [:]
        for (letters, fold) in folds {
            for letter in letters.unicodeScalars { special[letter.value] = fold }
        }
        return special
    }()

    /// Signs that would otherwise grow onto the word before them: ™ ℠ and the letter apostrophe.
    private static func isSign(_ value: UInt32) -> Bool {
        value == 0x2122 || value == 0x2120 || value == 0x2bc
    }

    /// Marks that people leave out when they search. The vowel signs of Indic scripts and of Thai
    /// are letters, and so is all else that marks.
    private static func isAccent(_ value: UInt32) -> Bool {
        switch value {
        case 0x300...0x36f, 0x483...0x489, 0x591...0x5bd, 0x5bf, 0x5c1...0x5c2, 0x5c4...0x5c5,
            0x5c7, 0x610...0x61a, 0x640, 0x64b...0x65f, 0x670, 0x6d6...0x6dc, 0x6df...0x6e4,
            0x6e7...0x6e8, 0x6ea...0x6ed, 0x1ab0...0x1aff, 0x1dc0...0x1dff, 0x20d0...0x20ff,
            0xfe00...0xfe0f, 0xfe20...0xfe2f:
            true
        default: false
        }
    }

    /// Han, kana, bopomofo and Hangul: written without blanks, or searched inside words.
    private static func isIdeograph(_ value: UInt32) -> Bool {
        switch value {
        case 0x1100...0x115e, 0x1161...0x11ff, 0x3005...0x3007, 0x3041...0x3096, 0x3099...0x309a,
            0x309d...0x309e, 0x30a1...0x30fa, 0x30fc...0x30fe, 0x3105...0x312f, 0x31a0...0x31bf,
            0x31f0...0x31ff, 0x3400...0x4dbf, 0x4e00...0x9fff, 0xa960...0xa97c, 0xac00...0xd7a3,
            0xd7b0...0xd7fb, 0x1b000...0x1b16f:
            true
        default: false
        }
    }

    /// White letters on black, which Unicode gives no decomposition.
    private static func enclosedLetter(_ value: UInt32) -> UInt32? {
        switch value {
        case 0x1f150...0x1f169: value - 0x1f150 + 0x61
        case 0x1f170...0x1f189: value - 0x1f170 + 0x61
        default: nil
        }
    }
}
