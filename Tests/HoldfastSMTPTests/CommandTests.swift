// SPDX-License-Identifier: Apache-2.0
// Lines that are commands, and those that are not.

import HoldfastSMTP
import Testing

private func command(_ line: String) throws(Command.Fault) -> Command {
    try Command(Array(line.utf8)[...])
}

@Suite struct CommandTests {
    @Test(
        "a line is read as the command it is",
        arguments: [
            ("QUIT", Command.quit), ("quit  ", .quit), ("Rset", .reset), ("noop x y", .noop),
            ("EHLO [192.0.2.1]", .hello(.ehlo, "[192.0.2.1]")), ("HELO x", .hello(.helo, "x")),
            ("LHLO  x ", .hello(.lhlo, "x")), ("DATA", .data), ("GET / HTTP/1.1", .foreign),
            ("BDAT 0", .chunk(octets: 0, last: false)),
            ("bdat 7 last", .chunk(octets: 7, last: true)),
            ("BDAT 99999999999999999999", .chunk(octets: .max, last: false)),
            ("AUTH X", .notOffered),
            ("MAIL FROM:<>", .mail(.empty, MailParameters())),
            (
                "MAIL FROM: <> SMTPUTF8 SIZE=7 BODY=8bitmime",
                .mail(.empty, MailParameters(declaredBytes: 7, eightBit: true, utf8: true))
            ),
        ]
    )
    func reads(line: String, expected: Command) throws {
        #expect(try command(line) == expected)
    }

    @Test(
        "a line that is no command says why",
        arguments: [
            ("", Command.Fault.unknownCommand), ("QUITX", .unknownCommand),
            (" QUIT", .unknownCommand),
            ("QUIT\0", .unreadable), ("NOOP\tx", .unreadable), ("NOOP \u{7f}", .unreadable),
            ("EHLO", .badArguments), ("DATA now", .badArguments), ("MAIL <a@b>", .badArguments),
            ("MAIL FROM:", .badSender), ("MAIL FROM:<a@b>SIZE=1", .badSender),
            ("RCPT TO:<>", .badRecipient), ("RCPT TO:<a@b>x", .badRecipient),
            ("RCPT TO:<a@b> x", .unknownParameter), ("MAIL FROM:<> X", .unknownParameter),
            ("MAIL FROM:<> =", .unknownParameter), ("MAIL FROM:<ü@b>", .needsUTF8),
            ("MAIL FROM:<> SIZE=", .badArguments),
            ("MAIL FROM:<> SIZE=123456789012345678901", .badArguments),
            ("BDAT", .badChunk), ("BDAT x", .badChunk), ("BDAT 1 FIRST", .badChunk),
            ("BDAT +1", .badChunk), ("BDAT 1 LAST LAST", .badChunk),
        ]
    )
    func refuses(line: String, fault: Command.Fault) {
        #expect(throws: fault) { try command(line) }
    }
}
