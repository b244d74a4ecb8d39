// SPDX-License-Identifier: Apache-2.0
// Mails sent over LMTP as fast as they are taken.

internal import Foundation
internal import HoldfastNode

/// Sends mails over LMTP on threads of its own, one for each connection.
struct Sender {
    let port: Int
    let mails: [[UInt8]]

    func pour(connections: Int, seconds: Double) async throws -> Int {
        let end = Date().addingTimeInterval(seconds)
        return try await withThrowingTaskGroup(of: Int.self) { group in
            for number in 0..<connections {
                group.addTask {
                    let thread = DiskThread(name: "lmtp \(number)")
                    defer { thread.stop() }
                    return try await thread.run { try connection(number, until: end) }
                }
            }
            return try await group.reduce(0, +)
        }
    }

    private func connection(_ number: Int, until end: Date) throws -> Int {
        let line = try LineSocket(port: port)
        try line.expect(220)
        try line.send(Array("LHLO bench\r\n".utf8))
        try line.expect(250)
        let commands = Array(
            "MAIL FROM:<sender@example.net>\r\nRCPT TO:<recipient@example.com>\r\nDATA\r\n".utf8)
        var (accepted, next) = (0, number)
        while Date() < end {
            try line.send(commands)
            try line.expect(250)
            try line.expect(250)
            try line.expect(354)
            try line.send(mails[next % mails.count] + Array(".\r\n".utf8))
            try line.expect(250)
            accepted += 1
            next += 1
        }
        try line.send(Array("QUIT\r\n".utf8))
        return accepted
    }
}
