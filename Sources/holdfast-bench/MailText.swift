// SPDX-License-Identifier: Apache-2.0
// Seeded mails that look real enough: zstd halves them.

internal import HoldfastChance
internal import HoldfastModel

/// A generator that gives the same mails for the same seed.
struct MailText {
    private var state: UInt64
    private let words: [[UInt8]]

    init(seed: UInt64) {
        state = seed
        var made = SplitMix64(seed: seed)
        let letters = Array("etaoinshrdlucmfwypvbgkjqxz".utf8)
        words = (0..<6000).map { _ in
            (0..<(2 + made.below(9))).map { _ in letters[min(made.below(26), made.below(26))] }
        }
    }

    /// One message of about so many octets, CRLF line ends, its number in subject and Message-ID.
    mutating func message(_ number: Int, bytes: Int) -> [UInt8] {
        var numbers = SplitMix64(seed: state &+ UInt64(number) &* 0x9e37_79b9)
        var message = Array(
            """
            Received: from mx.example.net (mx.example.net [192.0.2.\(number % 250)])\r
            \tby mail.example.com with ESMTP id \(number)X\(numbers.next() % 1_000_000)\r
            From: "Sender \(number % 997)" <sender\(number % 997)@example.net>\r
            To: <recipient\(number % 89)@example.com>\r
            Subject: Bench mail \(number)\r
            Date: Mon, 23 Nov 2026 05:24:15 +0000\r
            Message-ID: <bench.\(number).\(numbers.next())@example.net>\r
            MIME-Version: 1.0\r
            Content-Type: text/plain; charset=utf-8\r
            \r

            """.utf8)
        message.reserveCapacity(bytes + 16)
        var column = 0
        while message.count < bytes - 2 {
            // Small numbers are frequent: the words of a text are.
            let rank = numbers.below(numbers.below(words.count) + 1)
            let word = words[rank]
            if column + word.count > 72 {
                message += [13, 10]
                column = 0
            }
            message += word
            message.append(32)
            column += word.count + 1
        }
        return message + [13, 10]
    }
}
