// SPDX-License-Identifier: Apache-2.0

import HoldfastModel
import Testing

@Suite("Mail ids")
struct MailIDTests {
    @Test("an id is printed and read back", arguments: [0, 1, UInt128.max, 0x0123_4567_89ab_cdef])
    func roundTrip(number: UInt128) throws {
        let id = MailID(number)
        #expect(id.description.utf8.count == 26)
        #expect(MailID(id.description) == id)
        #expect(MailID(bytes: id.bytes) == id)
    }

    @Test("a prefix names the ids that begin so, in either case and with letters read as digits")
    func prefixes() throws {
        let id = MailID(0x0102_0304_0506_0708_090a_0b0c_0d0e_0f10)
        for length in 1...26 {
            let prefix = String(id.description.prefix(length))
            let range = try #require(MailID.range(ofPrefix: prefix))
            #expect(range.contains(id))
            #expect(MailID.range(ofPrefix: prefix.uppercased()) == range)
        }
        #expect(MailID("O" + id.description.dropFirst()) == id)
    }

    @Test("what is no id is none", arguments: ["", "8zzzzzzzzzzzzzzzzzzzzzzzzz", "u", "a-b", "ä"])
    func refused(text: String) {
        #expect(MailID(text) == nil)
        if text != "8zzzzzzzzzzzzzzzzzzzzzzzzz" { #expect(MailID.range(ofPrefix: text) == nil) }
    }

    @Test("ids of the clock begin alike when they are of one time")
    func clock() {
        var random = SystemRandomNumberGenerator()
        let now = Timestamp(milliseconds: 1_795_000_000_000)
        let (first, second) = (MailID(at: now, using: &random), MailID(at: now, using: &random))
        #expect(first != second)
        #expect(first.description.prefix(9) == second.description.prefix(9))
    }
}
