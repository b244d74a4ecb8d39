// SPDX-License-Identifier: Apache-2.0
// The C library's charset conversion, with its descriptors kept.

import Glibc
import Synchronization

/// One iconv descriptor from some charset to UTF-8. Opening one is costly, so they are kept.
struct Converter: @unchecked Sendable {
    let name: String
    private let descriptor: iconv_t

    /// Broken places after which a text's label is taken to be wrong.
    private static let brokenMax = 2000
    private static let keptMax = 64
    private static let idle = Mutex<[Converter]>([])

    /// One that nobody uses; nil when the system lacks this charset.
    static func borrow(_ name: String) -> Converter? {
        let kept = idle.withLock { idle -> Converter? in
            guard let place = idle.lastIndex(where: { $0.name == name }) else { return nil }
            return idle.remove(at: place)
        }
        if let kept { return kept }
        guard let descriptor = iconv_open("UTF-8", name), Int(bitPattern: descriptor) != -1 else {
            return nil
        }
        return Converter(name: name, descriptor: descriptor)
    }

    static func giveBack(_ converter: Converter) {
        let isKept = idle.withLock { idle in
            guard idle.count < keptMax else { return false }
            idle.append(converter)
            return true
        }
        if !isKept { iconv_close(converter.descriptor) }
    }

    /// Appends `octets` as UTF-8, broken bytes as U+FFFD, and says where it gave up (else the end).
    func convert(_ octets: Octets, into text: inout [UInt8]) -> Int {
        guard let base = octets.buffer.baseAddress else { return 0 }
        iconv(descriptor, nil, nil, nil, nil)
        var input: UnsafeMutablePointer<CChar>? = UnsafeMutablePointer(
            mutating: base.assumingMemoryBound(to: CChar.self))
        var inputLeft = octets.count
        var broken = 0
        while inputLeft > 0 {
            let outcome = convertSome(&input, &inputLeft, into: &text)
            guard outcome != 0 else { continue }
            guard outcome != E2BIG, inputLeft > 0 else { continue }
            // An unfinished character at the end, or one that is none: pass one byte and go on.
            text.append(Unicode.Scalar(0xfffd as UInt16) ?? " ")
            input = input.map { $0 + 1 }
            inputLeft -= 1
            broken += 1
            if broken > Self.brokenMax { break }
        }
        flush(into: &text)
        return octets.count - inputLeft
    }

    /// Converts what fits into one block: 0, or the error number.
    private func convertSome(
        _ input: inout UnsafeMutablePointer<CChar>?, _ inputLeft: inout Int,
        into text: inout [UInt8]
    ) -> Int32 {
        let room = 8192
        return withUnsafeTemporaryAllocation(of: CChar.self, capacity: room) { block in
            var output = block.baseAddress
            var outputLeft = room
            errno = 0
            let result = iconv(descriptor, &input, &inputLeft, &output, &outputLeft)
            let outcome = result == -1 ? errno : 0
            text.append(contentsOf: UnsafeRawBufferPointer(block)[..<(room - outputLeft)])
            return outcome
        }
    }

    /// Some converters hold back a last character.
    private func flush(into text: inout [UInt8]) {
        withUnsafeTemporaryAllocation(of: CChar.self, capacity: 64) { block in
            var output = block.baseAddress
            var outputLeft = 64
            iconv(descriptor, nil, nil, &output, &outputLeft)
            text.append(contentsOf: UnsafeRawBufferPointer(block)[..<(64 - outputLeft)])
        }
    }
}
