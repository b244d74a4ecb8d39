// SPDX-License-Identifier: Apache-2.0

import HoldfastModel
import HoldfastSegments
import Testing

@Suite("The message section")
struct MessageCodecTests {
    static let ring = KeyRing(text: "# keys\n" + KeyRing.freshLine(number: 3))

    static func octets(_ count: Int) -> [UInt8] {
        (0..<count).map { UInt8(truncatingIfNeeded: ($0 * 31) ^ ($0 >> 7)) }
    }

    @Test(
        "D4: octets in are octets out, whatever the compression, the key and the size",
        arguments: Compression.allCases,
        [0, 1, 100, (1 << 20) - 1, 1 << 20, (1 << 20) + 1, 3_000_000])
    func roundTrip(compression: Compression, count: Int) throws {
        let octets = Self.octets(count)
        let mail = MailID(7)
        let ring = try #require(Self.ring)
        for key in [nil, try ring.key(3, for: mail)] {
            let section = try octets.withUnsafeBytes { bytes in
                try MessageEncoder.section(
                    of: bytes, mail: mail, compression: compression, key: key)
            }
            let read = try MessageDecoder.octets(
                of: section[...], mail: mail, compression: compression, key: key)
            #expect(read == octets)
            #expect(try streamed(section, mail, compression, key, piece: 100_000) == octets)
        }
    }

    private func streamed(
        _ section: [UInt8], _ mail: MailID, _ compression: Compression, _ key: MailKey?, piece: Int
    ) throws -> [UInt8] {
        var decoder = MessageDecoder(mail: mail, compression: compression, key: key)
        var octets: [UInt8] = []
        for start in stride(from: 0, to: section.count, by: piece) {
            try decoder.add(section[start..<min(start + piece, section.count)]) { octets += $0 }
        }
        try decoder.finish()
        return octets
    }

    @Test("D4: an encrypted chunk opens only for its mail, in its place, and whole")
    func bound() throws {
        let ring = try #require(Self.ring)
        let octets = Self.octets(2_500_000)
        let key = try ring.key(3, for: MailID(7))
        let section = try octets.withUnsafeBytes { bytes in
            try MessageEncoder.section(of: bytes, mail: MailID(7), compression: .none, key: key)
        }
        #expect(throws: CodecError.damaged) {
            try MessageDecoder.octets(
                of: section[...], mail: MailID(8), compression: .none, key: key)
        }
        // The first chunk left out, and the last one left out.
        let chunk = 12 + 28 + (1 << 20)
        for damaged in [section[chunk...], section[..<(2 * chunk)]] {
            #expect(throws: CodecError.damaged) {
                try MessageDecoder.octets(
                    of: damaged, mail: MailID(7), compression: .none, key: key)
            }
        }
    }

    @Test("damage anywhere ends in an error or in other octets, never in a crash")
    func damaged() throws {
        let octets = Self.octets(3000)
        for compression in Compression.allCases {
            let section = try octets.withUnsafeBytes { bytes in
                try MessageEncoder.section(
                    of: bytes, mail: MailID(7), compression: compression, key: nil)
            }
            for place in section.indices {
                var damaged = section
                damaged[place] ^= 0x55
                _ = try? MessageDecoder.octets(
                    of: damaged[...], mail: MailID(7), compression: compression, key: nil)
            }
        }
    }

    @Test(
        "a key file with a mistake is refused",
        arguments: ["1", "1 abcd", "x " + String(repeating: "0", count: 64)])
    func keyFiles(text: String) {
        #expect(KeyRing(text: text) == nil)
    }
}
