// SPDX-License-Identifier: Apache-2.0
// Seeded mails that look real enough: zstd halves them.

internal import HoldfastModel

/// A generator that gives the same mails for the same seed.
struct MailText {
    private var state: UInt64
    private let words: [[UInt8]]

    init(seed: UInt64) {
        state = seed
        var made = Numbers(state: seed)
        let letters = Array("etaoinshrdlucmfwypvbgkjqxz".utf8)
        words = (0..<6000).map { _ in
            (0..<(2 + made.below(9))).map { _ in letters[min(made.below(26), made.below(26))] }
        }
    }

    /// One message of about so many octets, CRLF line ends, its number in subject and Message-ID.
    mutating func message(_ number: Int, bytes: Int) -> [UInt8] {
        var numbers = Numbers(state: state &+ UInt64(number) &* 0x9e37_79b9)
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

/// SplitMix64: small, and the same everywhere.
struct Numbers: RandomNumberGenerator {
    var state: UInt64

    mutating func next() -> UInt64 {
        state &+= 0x9e37_79b9_7f4a_7c15
        var mixed = state
        mixed = (mixed ^ (mixed >> 30)) &* 0xbf58_476d_1ce4_e5b9
        mixed = (mixed ^ (mixed >> 27)) &* 0x94d0_49bb_1331_11eb
        return mixed ^ (mixed >> 31)
    }

    mutating func below(_ limit: Int) -> Int {
        Int(next() % UInt64(limit))
    }
}
