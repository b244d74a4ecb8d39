// SPDX-License-Identifier: Apache-2.0
// What is sent for a message, and what is not sent.

import HoldfastChance
import HoldfastSMTP
import Testing

/// What is sent for a message that comes in two pieces; nil when DATA cannot carry it.
private func stuffed(_ message: [UInt8], cut: Int) -> [UInt8]? {
    var writer = DotWriter()
    var output: [UInt8] = []
    do {
        try writer.write(message[..<cut], to: &output)
        try writer.write(message[cut...], to: &output)
        try writer.finish(to: &output)
    } catch {
        return nil
    }
    return output
}

private func repaired(_ message: [UInt8], cut: Int) -> (octets: [UInt8], hasChanged: Bool) {
    var repair = LineEndRepair()
    var output: [UInt8] = []
    repair.write(message[..<cut], to: &output)
    repair.write(message[cut...], to: &output)
    repair.finish(to: &output)
    return (output, repair.hasChanged)
}

@Suite struct DotWriterTests {
    @Test(
        "dots at the beginning of a line are doubled, a missing line end is added",
        arguments: [
            ("", ""),
            ("a\r\n", "a\r\n"),
            ("a", "a\r\n"),
            (".", "..\r\n"),
            (".a\r\n..b\r\nc.\r\n.\r\n", "..a\r\n...b\r\nc.\r\n..\r\n"),
            ("\r\n\r\n.", "\r\n\r\n..\r\n"),
        ]
    )
    func stuffs(message: String, wire: String) {
        let bytes = Array(message.utf8)
        for cut in 0...bytes.count {
            #expect(stuffed(bytes, cut: cut) == Array(wire.utf8), "cut at \(cut)")
        }
    }

    @Test(
        "a message with a CR or LF by itself is not sent: nothing is smuggled to others either",
        arguments: ["a\nb\r\n", "a\n.\r\n", "\n", "a\rb\r\n", "a\r", "a\r\r\n", "\r", "a\r\n\n"]
    )
    func refusesBareLineEnds(message: String) {
        let bytes = Array(message.utf8)
        for cut in 0...bytes.count {
            #expect(stuffed(bytes, cut: cut) == nil, "cut at \(cut)")
            let fit = repaired(bytes, cut: cut)
            #expect(fit.hasChanged)
            #expect(stuffed(fit.octets, cut: 0) != nil)
        }
    }

    @Test(
        "line ends are repaired, and it is told",
        arguments: [
            ("a\r\nb\r\n", "a\r\nb\r\n", false),
            ("a\nb\n", "a\r\nb\r\n", true),
            ("a\r\nb\n\nc", "a\r\nb\r\n\r\nc", true),
            ("a\rb\r\n", "a\r\nb\r\n", true),
            ("a\r\r\n", "a\r\n\r\n", true),
            ("a\r", "a\r\n", true),
            ("", "", false),
        ]
    )
    func repairs(message: String, expected: String, hasChanged: Bool) {
        let bytes = Array(message.utf8)
        for cut in 0...bytes.count {
            let fit = repaired(bytes, cut: cut)
            #expect(fit.octets == Array(expected.utf8), "cut at \(cut)")
            #expect(fit.hasChanged == hasChanged)
        }
    }

    @Test("what a DotWriter writes, a DotReader reads", arguments: Seeds.ofDialogues)
    func roundTrips(seed: UInt64) {
        var random = SplitMix64(seed: seed)
        for round in 0..<5_000 {
            var message: [UInt8] = []
            for _ in 0..<Int.random(in: 0...20, using: &random) {
                let choice = Int.random(in: 0..<4, using: &random)
                message +=
                    choice < 2
                    ? [46] : choice == 2 ? [13, 10] : [.random(in: 0...255, using: &random)]
            }
            message = repaired(message, cut: 0).octets + [13, 10]
            let cut = Int.random(in: 0...message.count, using: &random)
            var input = ((stuffed(message, cut: cut) ?? []) + DotWriter.finalDot)[...]
            var reader = DotReader(lineBytesMax: 1000)
            var read: [UInt8] = []
            while case .octets(let octets)? = reader.next(&input) { read += octets }
            #expect(read == message, "seed \(seed) round \(round)")
            #expect(input.isEmpty)
        }
    }
}
