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
    let http: Int
    let smtp: Int
    private var server: Child?

    init(_ options: String...) throws {
        (http, smtp) = (try Ports.free(), try Ports.free())
        let made = try Appliance.run(
            ["init", folder, "--http", "127.0.0.1:\(http)", "--smtp", "127.0.0.1:\(smtp)"]
                + (options.contains("--lmtp") ? [] : ["--lmtp", "unix:\(folder)/lmtp"]) + options)
        #expect(made.code == 0, "\(made.messages)")
    }

    deinit {
        server?.killGroup()
        try? FileManager.default.removeItem(atPath: folder)
    }

    var configuration: String { folder + "/holdfast.toml" }
    var lmtp: String { folder + "/lmtp" }
    var process: Int32 { server?.id ?? 0 }

    /// Sets a key that is not set yet; for the next start.
    func set(_ key: String, _ value: String, in section: String = "gateway") throws {
        let text = try String(contentsOfFile: configuration, encoding: .utf8)
        try text.replacingOccurrences(
            of: "[\(section)]\n", with: "[\(section)]\n\(key) = \(value)\n"
        )
        .write(toFile: configuration, atomically: true, encoding: .utf8)
    }

    /// Starts the server and waits until it answers; says what it logged when it does not.
    func start() throws {
        let server = try Child(
            [program ?? "", "serve", "--config", configuration], output: "/dev/null",
            messages: folder + "/log")
        self.server = server
        do {
            try waitUntil("the server answers") {
                guard !server.hasEnded else { throw NeverHappened(what: "the server runs") }
                return try verb("count", "").code <= 1
            }
        } catch {
            giveUp()
            throw error
        }
    }

    func stop() throws {
        let code = try server?.end()
        server = nil
        #expect(code == 0, "the server did not end in good order")
    }

    /// As a power failure of the process: no word of warning.
    ///
    /// A server that has come to its end by itself before this is not what was to be tested.
    func kill() throws {
        guard let server, !server.hasEnded, try !log().contains("*** Signal") else {
            // What it says about its crash takes a while.
            try? waitUntil("it has said all", seconds: 90) {
                try server?.hasEnded != false || log().contains("Backtrace took")
            }
            giveUp()
            throw NeverHappened(what: "the server runs until it is killed")
        }
        server.killGroup()
        self.server = nil
    }

    /// Shows the end of the log, or the crash in it, and ends the server, so that nobody waits for it.
    private func giveUp() {
        let lines = (try? log())?.split(separator: "\n") ?? []
        let crash = lines.firstIndex { $0.contains("*** Signal") }
        let shown = crash.map { lines[max(0, $0 - 10)...].prefix(80) } ?? lines.suffix(60)
        print("the server's log:\n" + shown.joined(separator: "\n"))
        server?.killGroup()
        server = nil
    }

    private func log() throws -> String {
        String(decoding: try contents(folder + "/log"), as: UTF8.self)
    }

    func verb(_ arguments: String..., input: String = "/dev/null") throws -> Ran {
        guard let name = arguments.first else { return Ran(output: [], messages: "", code: 0) }
        let config = ["--config", configuration]
        return try Appliance.run([name] + config + arguments.dropFirst(), input: input)
    }

    func count(_ query: String) throws -> Int {
        Int(try verb("count", query).line) ?? -1
    }

    static func run(_ arguments: [String], input: String = "/dev/null") throws -> Ran {
        try ran([program ?? ""] + arguments, input: input)
    }
}

/// Runs a program to its end.
func ran(_ words: [String], input: String = "/dev/null") throws -> Ran {
    try Running(words, input: input).ended()
}

/// A program that runs, and what it prints meanwhile.
struct Running {
    private let child: Child
    private let beside: String

    init(_ words: [String], input: String = "/dev/null") throws {
        beside = NSTemporaryDirectory() + "holdfast-ran-\(UInt64.random(in: 0...UInt64.max))"
        child = try Child(
            words, input: input, output: beside + ".out", messages: beside + ".err")
    }

    /// What it has said so far on standard error.
    var messages: String {
        get throws { String(decoding: try contents(beside + ".err"), as: UTF8.self) }
    }

    /// Asks it to stop, as Ctrl-C or a supervisor does.
    func send(_ signal: Int32) { kill(child.id, signal) }

    func ended() throws -> Ran {
        defer { for ending in [".out", ".err"] { unlink(beside + ending) } }
        let code = try child.wait()
        return Ran(
            output: try contents(beside + ".out"),
            messages: String(decoding: try contents(beside + ".err"), as: UTF8.self), code: code)
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

func contents(_ path: String) throws -> [UInt8] {
    [UInt8](try Data(contentsOf: URL(fileURLWithPath: path)))
}

func sha256(_ octets: [UInt8]) -> String {
    SHA256.hash(data: octets).map { String(format: "%02x", $0) }.joined()
}

extension Appliance {
    /// Lets the users of a group run verbs, as an operator would.
    func lend(to group: String) throws {
        guard let entry = getgrnam(group) else { throw NeverHappened(what: "group \(group)") }
        for path in [folder, configuration, folder + "/token", folder + "/keys"] {
            chown(path, geteuid(), entry.pointee.gr_gid)
        }
    }
}
