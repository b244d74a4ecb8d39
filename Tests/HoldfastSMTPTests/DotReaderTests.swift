// SPDX-License-Identifier: Apache-2.0
// The end of a message, in every piece it may come in.

import HoldfastChance
import HoldfastSMTP
import Testing

/// What a message came to, however it was cut.
private struct Reading: Equatable {
    enum End { case end, bareLineEnd, open }

    var message: [UInt8] = []
    var end = End.open
    var hasLongLine = false
    var rest: [UInt8] = []
}

private func read(_ pieces: [ArraySlice<UInt8>], lineBytesMax: Int = 1000) -> Reading {
    var reader = DotReader(lineBytesMax: lineBytesMax)
    var reading = Reading()
    for piece in pieces {
        var input = piece
        while reading.end == .open, let part = reader.next(&input) {
            switch part {
            case .octets(let octets): reading.message += octets
            case .end: reading.end = .end
            case .bareLineEnd: reading.end = .bareLineEnd
            }
        }
        reading.rest += input
    }
    reading.hasLongLine = reader.hasLongLine
    // How much of a refused message was handed out, or left, depends on the pieces, and is nothing.
    if reading.end == .bareLineEnd { return Reading(end: .bareLineEnd) }
    return reading
}

private func bytewise(_ bytes: [UInt8]) -> [ArraySlice<UInt8>] {
    bytes.indices.map { bytes[$0...$0] }
}

/// The same rules written the plain way: an octet at a time over the whole input.
private func readPlainly(_ bytes: [UInt8], lineBytesMax: Int) -> Reading {
    var reading = Reading()
    var line: [UInt8] = []
    for (place, octet) in bytes.enumerated() {
        if line.last == 13, octet != 10 { return Reading(end: .bareLineEnd) }
        if octet == 10, line.last != 13 { return Reading(end: .bareLineEnd) }
        line.append(octet)
        if octet != 10 { continue }
        if line == [46, 13, 10] {
            reading.end = .end
            reading.rest = Array(bytes[(place + 1)...])
            return reading
        }
        let text = line.first == 46 ? line.dropFirst() : line[...]
        reading.message += text
        if text.count > lineBytesMax { reading.hasLongLine = true }
        line = []
    }
    // An unfinished line: what is certainly no final dot has been handed out.
    let text = line.first == 46 ? line.dropFirst() : line[...]
    if line != [46, 13] { reading.message += text }
    if text.count > lineBytesMax { reading.hasLongLine = true }
    return reading
}

@Suite struct DotReaderTests {
    @Test(
        "a message ends at CRLF.CRLF and nowhere else",
        arguments: [
            (".\r\n", "", Reading.End.end),
            ("a\r\n.\r\n", "a\r\n", .end),
            ("..\r\n.\r\n", ".\r\n", .end),
            (".a\r\n.\r\n", "a\r\n", .end),
            ("...\r\n..a\r\n.\r\n", "..\r\n.a\r\n", .end),
            ("a.\r\n.b.\r\n.\r\n", "a.\r\nb.\r\n", .end),
            ("\r\n\r\n.\r\n", "\r\n\r\n", .end),
            ("a\r\n.", "a\r\n", .open),
            ("a\r\n.\r", "a\r\n", .open),
            ("a\n.\r\n", "", .bareLineEnd),
            ("a\n.\n", "", .bareLineEnd),
            ("a\r.\r", "", .bareLineEnd),
            ("a\r\n.\n", "", .bareLineEnd),
            ("a\r\n.\r.\r\n", "", .bareLineEnd),
            ("a\r\n.\r\r\n", "", .bareLineEnd),
            ("a\r\r\n.\r\n", "", .bareLineEnd),
            ("\n", "", .bareLineEnd),
            ("\r\r", "", .bareLineEnd),
            (".\n", "", .bareLineEnd),
        ]
    )
    private func ends(wire: String, message: String, end: Reading.End) {
        let bytes = Array(wire.utf8)
        let expected = Reading(message: Array(message.utf8), end: end)
        #expect(read([bytes[...]]) == expected)
        #expect(read(bytewise(bytes)) == expected)
        for cut in 0...bytes.count {
            #expect(read([bytes[..<cut], bytes[cut...]]) == expected, "cut at \(cut)")
        }
    }

    @Test("what follows the final dot is left for the commands")
    func leavesCommands() {
        let bytes = Array("a\r\n.\r\nNOOP\r\n".utf8)
        #expect(read([bytes[...]]).rest == Array("NOOP\r\n".utf8))
    }

    @Test("octets are handed out as parts of the input, many lines at once")
    func handsOutSlices() {
        var input = Array("one\r\ntwo\r\nthree\r\n..four\r\n.\r\n".utf8)[...]
        var reader = DotReader(lineBytesMax: 100)
        #expect(reader.next(&input) == .octets(Array("one\r\ntwo\r\nthree\r\n".utf8)[...]))
        #expect(reader.next(&input) == .octets(Array(".four\r\n".utf8)[...]))
        #expect(reader.next(&input) == .end)
        #expect(input.isEmpty)
    }

    @Test("a long line is seen wherever it is cut", arguments: [9, 10, 11])
    func measuresLines(length: Int) {
        let line = String(repeating: "x", count: length - 2) + "\r\n"
        let bytes = Array("\r\n.\(line)y\r\n.\r\n".utf8)
        for cut in 0...bytes.count {
            let reading = read([bytes[..<cut], bytes[cut...]], lineBytesMax: 10)
            #expect(reading.hasLongLine == (length > 10))
            #expect(reading.end == .end)
        }
    }

    @Test("any octets in any pieces are read as the plain rules say", arguments: Seeds.ofDialogues)
    func agreesWithPlainRules(seed: UInt64) {
        var random = SplitMix64(seed: seed)
        let alphabet = Array("\r\n\r\n\r\n..ab\r\n".utf8)
        for round in 0..<5_000 {
            var bytes: [UInt8] = []
            for _ in 0..<Int.random(in: 0...40, using: &random) {
                let whole = Int.random(in: 0..<4, using: &random) > 0
                let place = Int.random(in: 0..<alphabet.count, using: &random)
                bytes += whole && alphabet[place] < 32 ? [13, 10] : [alphabet[place]]
            }
            let expected = readPlainly(bytes, lineBytesMax: 4)
            #expect(read([bytes[...]], lineBytesMax: 4) == expected, "seed \(seed) round \(round)")
            #expect(
                read(bytewise(bytes), lineBytesMax: 4) == expected, "seed \(seed) round \(round)")
            let cut = Int.random(in: 0...bytes.count, using: &random)
            #expect(
                read([bytes[..<cut], bytes[cut...]], lineBytesMax: 4) == expected,
                "seed \(seed) round \(round) cut \(cut)")
        }
    }
}
