// SPDX-License-Identifier: Apache-2.0
// The built program in a folder of its own, started and stopped as a user would.

import Crypto
import Foundation
import Testing

/// What a verb printed, and how it ended.
struct Ran {
    var output: [UInt8]
    var messages: String
    var code: Int32

    var text: String { String(decoding: output, as: UTF8.self) }
    var line: String { text.trimmingCharacters(in: .whitespacesAndNewlines) }
}

/// The path of the program that is tested; nil skips the tests of it.
let program = ProcessInfo.processInfo.environment["HOLDFAST_PROGRAM"]
/// Real mails, where they are at hand.
let corpus = ProcessInfo.processInfo.environment["HOLDFAST_CORPUS"].map { $0 + "/dev" }
let isLong = ProcessInfo.processInfo.environment["HOLDFAST_LONG"] != nil

/// One appliance; its folder goes with it.
final class Appliance {
    let folder = NSTemporaryDirectory() + "holdfast-system-\(UInt32.random(in: 0...UInt32.max))"
    private(set) var smtp = 0
    private var server: Child?

    init(_ options: String...) throws {
        let made = try Appliance.run(
            ["init", folder, "--http", "127.0.0.1:0", "--smtp", "127.0.0.1:0"]
                + ["--lmtp", "unix:\(folder)/lmtp"] + options)
        #expect(made.code == 0, "\(made.messages)")
        let text = try String(contentsOfFile: folder + "/holdfast.toml", encoding: .utf8)
        let line = text.split(separator: "\n").first { $0.hasPrefix("smtp = ") }
        smtp = line?.split(separator: ":").last.flatMap { Int($0.dropLast()) } ?? 0
    }

    deinit {
        kill()
        try? FileManager.default.removeItem(atPath: folder)
    }

    var process: Int32 { server?.id ?? 0 }

    /// Starts the server and waits until it answers; says what it logged when it does not.
    func start() throws {
        server = try Child(
            ["serve", "--config", folder + "/holdfast.toml"], output: "/dev/null",
            messages: folder + "/log")
        do {
            try waitUntil("the server answers") { try verb("count", "").code <= 1 }
        } catch {
            let asked = try verb("count", "")
            let log = try String(contentsOfFile: folder + "/log", encoding: .utf8)
            print("count: \(asked.code) \(asked.messages)\nthe log's last lines:")
            print(log.split(separator: "\n").suffix(50).joined(separator: "\n"))
            throw error
        }
    }

    func stop() {
        _ = server?.end(SIGTERM)
        server = nil
    }

    /// As a power failure of the process: no word of warning.
    func kill() {
        _ = server?.end(SIGKILL)
        server = nil
    }

    func verb(_ arguments: String...) throws -> Ran {
        guard let name = arguments.first else { return Ran(output: [], messages: "", code: 0) }
        let config = ["--config", folder + "/holdfast.toml"]
        return try Appliance.run([name] + config + arguments.dropFirst())
    }

    func count(_ query: String) throws -> Int {
        Int(try verb("count", query).line) ?? -1
    }

    static func run(_ arguments: [String]) throws -> Ran {
        let beside = NSTemporaryDirectory() + "holdfast-ran-\(UInt64.random(in: 0...UInt64.max))"
        defer { for ending in [".out", ".err"] { unlink(beside + ending) } }
        let child = try Child(arguments, output: beside + ".out", messages: beside + ".err")
        let code = child.wait()
        let output = try Data(contentsOf: URL(fileURLWithPath: beside + ".out"))
        let messages = try Data(contentsOf: URL(fileURLWithPath: beside + ".err"))
        return Ran(
            output: [UInt8](output), messages: String(decoding: messages, as: UTF8.self), code: code
        )
    }
}

/// What did not come true in time: the test that waited for it ends with it.
struct NeverHappened: Error {
    var what: String
}

/// Waits for a condition, with a limit.
func waitUntil(
    _ what: String, seconds: Double = 30, _ condition: () throws -> Bool
) throws {
    let end = Date().addingTimeInterval(seconds)
    while Date() < end {
        if try condition() { return }
        Thread.sleep(forTimeInterval: 0.05)
    }
    throw NeverHappened(what: what)
}

func sha256(_ octets: [UInt8]) -> String {
    SHA256.hash(data: octets).map { String(format: "%02x", $0) }.joined()
}
