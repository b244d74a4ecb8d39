// SPDX-License-Identifier: Apache-2.0
// The hot path of search: ASCII to words, eight bytes at a time.

/// Folds ASCII into words, one space after each, without a look at single bytes where it can.
///
/// Eight bytes are one number. As all of them are below 0x80, adding to each the distance from a
/// bound to 0x80 sets its top bit exactly when it reaches that bound, and nothing is carried over.
struct ASCIIFold {
    /// Length of the word at the end, also of what was cut from it; 0 between words.
    private(set) var wordLength: Int
    private(set) var written = 0

    init(wordLength: Int) {
        self.wordLength = wordLength
    }

    /// `block` must hold eight bytes more than `text` has, and `text` must be ASCII.
    mutating func fold(_ text: Octets, into block: UnsafeMutableRawBufferPointer) {
        precondition(block.count >= text.count + 8, "eight bytes are written at once")
        guard let base = block.baseAddress, let source = text.buffer.baseAddress else { return }
        // A copy stays in registers, which `self` could not while memory is written.
        var state = self
        var place = 0
        while place + 8 <= text.count {
            let eight = source.loadUnaligned(fromByteOffset: place, as: UInt64.self)
            if !state.foldWhole(UInt64(littleEndian: eight), into: base) {
                for place in place..<(place + 8) {
                    state.foldOne(source.load(fromByteOffset: place, as: UInt8.self), into: base)
                }
            }
            place += 8
        }
        while place < text.count {
            state.foldOne(source.load(fromByteOffset: place, as: UInt8.self), into: base)
            place += 1
        }
        self = state
    }

    /// Eight bytes at once; false if a word may become too long among them.
    @inline(__always)
    private mutating func foldWhole(_ eight: UInt64, into base: UnsafeMutableRawPointer) -> Bool {
        guard wordLength <= WordWriter.wordBytesMax - 8 else { return false }
        let tops = Self.every(0x80)
        let lower = eight | Self.every(0x20)
        let letters = (lower &+ Self.every(0x80 - 0x61)) & ~(lower &+ Self.every(0x80 - 0x7b))
        let digits = (eight &+ Self.every(0x80 - 0x30)) & ~(eight &+ Self.every(0x80 - 0x3a))
        let words = (letters | digits) & tops
        let blanks = words ^ tops
        let whole = (words >> 7) &* 0xff
        var folded = (lower & whole) | (Self.every(0x20) & ~whole)
        // A blank after another is dropped: what stands above it moves down.
        var doubled = blanks & (blanks << 8 | (wordLength == 0 ? 0x80 : 0))
        let target = base + written
        written &+= 8
        while doubled != 0 {
            let below = (UInt64(1) << UInt64(doubled.trailingZeroBitCount & 56)) &- 1
            folded = (folded & below) | (folded >> 8 & ~below)
            doubled = (doubled & (doubled &- 1)) >> 8
            written &-= 1
        }
        target.storeBytes(of: folded.littleEndian, as: UInt64.self)
        wordLength = blanks == 0 ? wordLength &+ 8 : blanks.leadingZeroBitCount / 8
        return true
    }

    /// One byte is always written; whether it stays is told by how far the next is written on.
    @inline(__always)
    private mutating func foldOne(_ byte: UInt8, into base: UnsafeMutableRawPointer) {
        let folded = Self.fold(byte)
        let isBlank = folded == 0x20
        let isEnd = isBlank && wordLength > 0
        wordLength = isBlank ? 0 : wordLength &+ 1
        base.storeBytes(of: folded, toByteOffset: written, as: UInt8.self)
        let stays = isEnd || (!isBlank && wordLength <= WordWriter.wordBytesMax)
        written &+= stays ? 1 : 0
    }

    @inline(__always)
    private static func every(_ byte: UInt64) -> UInt64 { byte &* 0x0101_0101_0101_0101 }

    /// Lower case for letters and digits, a space for all others.
    @inline(__always)
    static func fold(_ byte: UInt8) -> UInt8 {
        byte.isLetter || byte.isDigit ? byte | 0x20 : 0x20
    }
}
