// SPDX-License-Identifier: Apache-2.0
// Addresses that are read, and those that are refused.

import HoldfastSMTP
import Testing

private func path(_ text: String) -> Mailbox.Path? {
    Mailbox.Path(reading: Array(text.utf8)[...])
}

@Suite struct MailboxTests {
    @Test(
        "a well-formed path is read, without its source route",
        arguments: [
            ("<a@b>", "a@b"),
            ("<A.b+c=d@Example.ORG>", "A.b+c=d@Example.ORG"),
            ("<!#$%&'*+-/=?^_`{|}~@x.example>", "!#$%&'*+-/=?^_`{|}~@x.example"),
            ("<a..b.@docomo.example>", "a..b.@docomo.example"),
            ("<\"a b\"@x.example>", "\"a b\"@x.example"),
            ("<\"a>b@c\\\"\"@x.example>", "\"a>b@c\\\"\"@x.example"),
            ("<\"\"@x.example>", "\"\"@x.example"),
            ("<@r.example,@[192.0.2.9]:a@x.example>", "a@x.example"),
            ("<a@[192.0.2.1]>", "a@[192.0.2.1]"),
            ("<a@[IPv6:2001:db8::1]>", "a@[IPv6:2001:db8::1]"),
            ("<a@x_y.example>", "a@x_y.example"),
            ("<PostMaster>", "PostMaster"),
            ("<ü@ü.example>", "ü@ü.example"),
        ]
    )
    func reads(text: String, mailbox: String) {
        #expect(path(text)?.mailbox?.text == mailbox)
        #expect(Mailbox(mailbox)?.text == mailbox)
    }

    @Test(
        "anything else is no path",
        arguments: [
            "", "a@b", "<", ">", "<a@b", "a@b>", "<a>", "<@b>", "<a@>", "<a@b>c", "<<a@b>>",
            "< a@b>",
            "<a@b >", "<a b@c>", "<a@b@c>", "<a@b..c>", "<a@.b>", "<a@b.>", "<a@-b>", "<a@b->",
            "<a@b c>", "<.@b>", "<\"a@b>", "<\"a\"b@c>", "<\"a\\\"@c>", "<a@[]>", "<a@[1.2.3]>",
            "<a@[1.2.3.256]>", "<a@[::1]>", "<a@[IPv6:x]y]>", "<@r:>", "<@r a@b>", "<@:a@b>",
            "<@r,s:a@b>", "<a@b\r\n>", "<a\0@b>", "<(c)a@b>", "<a@b,c@d>", "<:a@b>",
        ]
    )
    func refuses(text: String) {
        #expect(path(text)?.mailbox == nil)
    }

    @Test("the empty path is a sender and no mailbox")
    func readsEmpty() {
        #expect(path("<>") == .empty)
        #expect(Mailbox("") == nil)
    }

    @Test(
        "octets that are not UTF-8 are no address",
        arguments: [[0xff], [0xc3], [0xed, 0xa0, 0x80]])
    func refusesBadUTF8(octets: [UInt8]) {
        let bytes = Array("<".utf8) + octets + Array("@b>".utf8)
        #expect(Mailbox.Path(reading: bytes[...]) == nil)
    }

    @Test("a path has a limit", arguments: [(994, true), (995, false)])
    func limits(localBytes: Int, isRead: Bool) {
        let text = "<" + String(repeating: "x", count: localBytes) + "@b.c>"
        #expect(text.utf8.count == localBytes + 6)
        #expect((path(text) != nil) == isRead)
    }

    @Test(
        "what must not stand in a command is no mailbox",
        arguments: ["a@b>\r\nRCPT TO:<c@d", "@r:a@b"])
    func refusesInjection(text: String) {
        #expect(Mailbox(text) == nil)
    }
}
