// SPDX-License-Identifier: Apache-2.0
// Replies as they are written and read.

import HoldfastSMTP
import Testing

private func replies(_ bytes: [UInt8], inPiecesOf size: Int) throws(ReplyFault) -> [Reply] {
    var reader = ReplyReader()
    var replies: [Reply] = []
    for start in stride(from: 0, to: bytes.count, by: size) {
        var input = bytes[start..<min(start + size, bytes.count)]
        while let reply = try reader.next(&input) { replies.append(reply) }
    }
    return replies
}

@Suite struct ReplyTests {
    @Test(
        "a reply is written line by line",
        arguments: [
            (Reply(250, "2.0.0", "OK"), "250 2.0.0 OK\r\n"),
            (Reply(220, nil, "x"), "220 x\r\n"),
            (Reply(250, nil, lines: ["a", "SIZE 7"]), "250-a\r\n250 SIZE 7\r\n"),
            (Reply(550, "5.1.1", lines: ["a", "b"]), "550-5.1.1 a\r\n550 5.1.1 b\r\n"),
            (Reply(451, "4.3.0", "a\r\n250 b\0ü"), "451 4.3.0 a??250 b???\r\n"),
        ]
    )
    func encodes(reply: Reply, wire: String) {
        #expect(reply.encoded == Array(wire.utf8))
    }

    @Test("a line has at most 512 octets")
    func limitsLines() {
        #expect(Reply(250, "2.0.0", String(repeating: "x", count: 2000)).encoded.count <= 512)
    }

    @Test("what is written is read", arguments: [1, 2, 5, 1000])
    func roundTrips(pieceBytes: Int) throws {
        let sent = [
            Reply(220, nil, "mx.example ESMTP"),
            Reply(250, nil, lines: ["mx", "SIZE 7", "8BITMIME"]),
            Reply(250, "2.1.5", lines: ["one", "two", ""]), Reply(354, nil, "go on"), .timeout,
        ]
        #expect(try replies(sent.flatMap(\.encoded), inPiecesOf: pieceBytes) == sent)
    }

    @Test(
        "servers write in many ways",
        arguments: [
            ("250\r\n", Reply(250, nil, "")),
            ("250 \n", Reply(250, nil, "")),
            ("550 5.7.1 no\n", Reply(550, "5.7.1", "no")),
            ("550 4.7.1 no\r\n", Reply(550, nil, "4.7.1 no")),
            ("250 2.5 x\r\n", Reply(250, nil, "2.5 x")),
            ("250-2.0.0 a\r\n250 b\r\n", Reply(250, "2.0.0", lines: ["a", "b"])),
        ]
    )
    func reads(wire: String, reply: Reply) throws {
        #expect(try replies(Array(wire.utf8), inPiecesOf: 100) == [reply])
    }

    @Test(
        "what is no reply is refused",
        arguments: [
            "hello\r\n", "25\r\n", "2500 x\r\n", "\r\n", "250-a\r\n251 b\r\n", "050 x\r\n",
            "25x y\r\n",
        ]
    )
    func refuses(wire: String) {
        #expect(throws: ReplyFault.self) { try replies(Array(wire.utf8), inPiecesOf: 100) }
    }

    @Test("a reply has limits")
    func limits() {
        let line = Array(repeating: UInt8(ascii: "x"), count: ReplyReader.lineBytesMax + 1)
        #expect(throws: ReplyFault.tooLong) { try replies(line, inPiecesOf: 100) }
        let lines = Array(repeating: "250-x\r\n", count: ReplyReader.linesMax + 1).joined()
        #expect(throws: ReplyFault.tooLong) { try replies(Array(lines.utf8), inPiecesOf: 100) }
    }
}
