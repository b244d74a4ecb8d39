// SPDX-License-Identifier: Apache-2.0
// What systemd hears from us, and when.

import Foundation
import HoldfastModel
import HoldfastNode
import Synchronization
import Testing

@testable import holdfast

@Suite struct ServiceManagerTests {
    @Test("a word arrives at the socket that the environment names")
    func told() throws {
        let path = FileManager.default.temporaryDirectory.appending(path: "\(UUID()).socket").path
        defer { unlink(path) }
        let listening = socket(AF_UNIX, Int32(SOCK_DGRAM.rawValue), 0)
        defer { close(listening) }
        var address = sockaddr_un()
        address.sun_family = sa_family_t(AF_UNIX)
        withUnsafeMutableBytes(of: &address.sun_path) { $0.copyBytes(from: Array(path.utf8)) }
        let bound = withUnsafeBytes(of: &address) { bytes in
            bytes.withMemoryRebound(to: sockaddr.self) {
                bind(listening, $0.baseAddress, socklen_t(bytes.count))
            }
        }
        try #require(bound == 0)
        ServiceManager.tell("READY=1\nSTATUS=serves", socketPath: path)
        var bytes = [UInt8](repeating: 0, count: 100)
        let count = recv(listening, &bytes, bytes.count, 0)
        #expect(
            String(decoding: bytes.prefix(max(0, count)), as: UTF8.self) == "READY=1\nSTATUS=serves"
        )
    }

    @Test(
        "a watchdog is fed where systemd wants it of this process",
        arguments: [
            ([:], nil),
            (["WATCHDOG_USEC": "5000000"], 5_000_000),
            (["WATCHDOG_USEC": "5000000", "WATCHDOG_PID": "1"], nil),
            (["WATCHDOG_USEC": "5000000", "WATCHDOG_PID": "\(getpid())"], 5_000_000),
            (["WATCHDOG_USEC": "0"], nil),
            (["WATCHDOG_USEC": "soon"], nil),
        ] as [([String: String], Int64?)])
    func watchdogTime(environment: [String: String], time: Int64?) {
        #expect(ServiceManager.watchdogMicroseconds(environment) == time)
    }

    @Test("one storage that hangs is its own trouble; any other node is that of the process")
    func watchdogRule() {
        let dal = NodePath(role: .dal, name: "dal")
        let gateway = NodePath(role: .gateway, name: "gateway")
        let one = NodePath(role: .storage, name: "one")
        let two = NodePath(role: .storage, name: "two")
        let all = [dal, gateway, one, two]
        #expect(Watchdog.suffices([dal, gateway, two], of: all))
        #expect(!Watchdog.suffices([dal, gateway], of: all))
        #expect(!Watchdog.suffices([gateway, one, two], of: all))
        #expect(Watchdog.suffices([dal, gateway], of: [dal, gateway]))
        #expect(!Watchdog.suffices([], of: [one]))
    }

    @Test("looking is no work; blocks and processor time are")
    func work() {
        let before = WorkDone(processorMilliseconds: 1000, blocks: 7)
        #expect(!WorkDone(processorMilliseconds: 1003, blocks: 7).moved(since: before))
        #expect(WorkDone(processorMilliseconds: 1020, blocks: 7).moved(since: before))
        #expect(WorkDone(processorMilliseconds: 1000, blocks: 8).moved(since: before))
    }

    @Test("a start that works on asks for more time, and its result comes through")
    func longStart() async throws {
        let told = Told()
        let result = try await LongStart.watched(
            lookMilliseconds: 10, tell: { told.add($0) }
        ) {
            // It works until it was heard.
            var sum = 0
            while told.words.isEmpty {
                for number in 0..<100_000 { sum &+= number &* sum }
                await Task.yield()
            }
            return sum &* 0 + 42
        }
        #expect(result == 42)
        #expect(told.words.first?.hasPrefix("EXTEND_TIMEOUT_USEC=60000000\nSTATUS=") == true)
    }

    @Test("a start that fails says why")
    func failedStart() async {
        await #expect(throws: Failure.self) {
            try await LongStart.watched { throw Failure(.configuration, "no") }
        }
    }

    /// What systemd would have heard.
    private final class Told: Sendable {
        private let list = Mutex<[String]>([])

        var words: [String] { list.withLock { $0 } }

        func add(_ word: String) {
            list.withLock { $0.append(word) }
        }
    }
}
