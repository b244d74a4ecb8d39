// SPDX-License-Identifier: Apache-2.0
// What is seen of lines that come in any pieces.

import HoldfastSMTP
import Testing

@Suite struct LineMeterTests {
    @Test(
        "lines and their ends are the same wherever a message is cut",
        arguments: [
            ("", 0, false), ("a", 1, false), ("ab\r\nc\r\n", 4, false), ("\r\n\r\n", 2, false),
            ("ab\nc", 3, true), ("a\rb\r\n", 5, true), ("a\r", 2, true), ("\r\r\n", 3, true),
            ("\n", 1, true), ("\r", 1, true), ("a\r\n\n", 3, true), ("a\r\nbc\r\n\r", 4, true),
        ])
    func lines(text: String, longest: Int, isBare: Bool) {
        let octets = Array(text.utf8)
        for first in 0...octets.count {
            for second in first...octets.count {
                var meter = LineMeter()
                meter.measure(octets[..<first])
                meter.measure(octets[first..<second])
                meter.measure(octets[second...])
                meter.finish()
                #expect(
                    meter.longestBytes == longest, "\(text.debugDescription) \(first) \(second)")
                #expect(
                    meter.hasBareLineEnd == isBare, "\(text.debugDescription) \(first) \(second)")
            }
        }
    }
}
