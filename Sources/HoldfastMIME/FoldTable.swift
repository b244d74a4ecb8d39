// SPDX-License-Identifier: Apache-2.0
// What becomes of each character in searchable words, ready to look up.

/// What one scalar becomes.
enum Fold: Equatable {
    /// It ends a word.
    case separator
    /// It is as if it were not there: an accent, a soft hyphen, a zero-width joiner.
    case nothing
    /// It is this letter, digit or sign of a word.
    case letter(UInt32)
    /// It is this character of a script without blanks, indexed in overlapping pairs.
    case ideograph(UInt32)
}

/// The folds of all scalars, made once from the Unicode data of the system.
struct FoldTable: Sendable {
    /// One or several folds in four bytes.
    ///
    ///     kind (3 bits) · count (8 bits) · value (21 bits: a scalar, or where the sequence begins)
    struct Packed {
        enum Kind: UInt32 {
            case separator, nothing, letter, ideograph, sequence
        }

        let bits: UInt32

        init(kind: Kind, count: Int = 0, value: UInt32 = 0) {
            bits = kind.rawValue << 29 | UInt32(count) << 21 | value
        }

        init(_ fold: Fold) {
            switch fold {
            case .separator: self.init(kind: .separator)
            case .nothing: self.init(kind: .nothing)
            case .letter(let value): self.init(kind: .letter, value: value)
            case .ideograph(let value): self.init(kind: .ideograph, value: value)
            }
        }

        @inline(__always) var kind: Kind { Kind(rawValue: bits >> 29) ?? .separator }
        @inline(__always) var value: UInt32 { bits & 0x1f_ffff }
        @inline(__always) var count: Int { Int(bits >> 21 & 0xff) }
    }

    static let standard = FoldTable()

    /// Planes 0 and 1; the others hold ideographs and little else that is written.
    private static let tabled: UInt32 = 0x20000
    private var folds: [Packed]
    private var sequences: [Packed] = []

    private init() {
        folds = Array(repeating: Packed(kind: .separator), count: Int(Self.tabled))
        for value in 0x80..<Self.tabled {
            guard let scalar = Unicode.Scalar(value) else { continue }
            let parts = FoldRules.fold(scalar)
            folds[Int(value)] = pack(parts)
        }
    }

    private mutating func pack(_ parts: [Fold]) -> Packed {
        guard let first = parts.first else { return Packed(kind: .nothing) }
        if parts.allSatisfy({ $0 == first }), parts.count == 1 || first == .separator {
            return Packed(first)
        }
        let start = UInt32(sequences.count)
        sequences.append(contentsOf: parts.map { Packed($0) })
        return Packed(kind: .sequence, count: parts.count, value: start)
    }

    @inline(__always)
    func fold(_ value: UInt32) -> Packed {
        if value < Self.tabled { return folds[Int(value)] }
        if value < 0x40000 { return Packed(kind: .ideograph, value: value) }
        // Invisible tags and variation selectors.
        return Packed(kind: value >= 0xe0000 && value < 0xe1000 ? .nothing : .separator)
    }

    func sequence(_ packed: Packed) -> ArraySlice<Packed> {
        sequences[Int(packed.value)..<(Int(packed.value) + packed.count)]
    }
}
