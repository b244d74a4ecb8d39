// SPDX-License-Identifier: Apache-2.0
// Several machines: real processes on ports of loopback, each with a folder and a configuration of its own.

import Foundation
import Testing

/// One process of a cluster, started and killed by itself.
final class Machine {
    let name: String
    let folder: String
    let http: Int
    let smtp: Int
    /// The wire by which others reach it; nil where they do so without one.
    let relay: Relay?
    /// How far its clock is off.
    var clockDays = 0
    private var server: Child?

    /// - Parameter sections: what its configuration has besides `[node]`; `{smtp}` is its port.
    init(
        _ name: String, in parent: String, host: String, registries: [Int], sections: String,
        http: Int, relayed: Bool = false
    ) throws {
        self.name = name
        relay = relayed ? try Relay(to: http) : nil
        folder = "\(parent)/\(name)"
        self.http = http
        smtp = try Ports.free()
        try FileManager.default.createDirectory(
            atPath: folder, withIntermediateDirectories: true)
        let addresses = registries.enumerated().map { place, port in
            "\"http://127.0.0.1:\(port)/registry/registry-\(place + 1)\""
        }
        let text = """
            [node]
            http = "127.0.0.1:\(http)"
            \(relay.map { "address = \"127.0.0.1:\($0.port)\"" } ?? "")
            host = "\(host)"
            registries = [\(addresses.joined(separator: ", "))]
            token_file = "../token"
            \(sections.replacingOccurrences(of: "{smtp}", with: "127.0.0.1:\(smtp)"))

            """
        try text.write(toFile: configuration, atomically: true, encoding: .utf8)
    }

    deinit {
        letGo()
        relay?.stop()
    }

    /// Kills it if it runs.
    func letGo() {
        server?.killGroup()
        server = nil
    }

    var configuration: String { folder + "/holdfast.toml" }
    var isRunning: Bool { server.map { !$0.hasEnded } ?? false }

    /// Starts it; whoever wants to know when it is up asks the roster.
    func start() throws {
        guard !isRunning else { return }
        server = try Child(
            clock + [program ?? "", "serve", "--config", configuration], output: "/dev/null",
            messages: folder + "/log")
    }

    /// Only the wall clock is off: time passes as it does elsewhere.
    private var clock: [String] {
        guard clockDays != 0, let library = OtherClock.library else { return [] }
        return [
            "/usr/bin/env", "LD_PRELOAD=\(library)", "CLOCK_AHEAD_SECONDS=\(clockDays * 86_400)",
        ]
    }

    /// Without a word of warning.
    func kill() throws {
        guard let server, !server.hasEnded else {
            print("the log of \(name):\n\(log.suffix(6000))")
            throw NeverHappened(what: "\(name) runs until it is killed")
        }
        server.killGroup()
        self.server = nil
    }

    func stop() throws {
        let code = try server?.end()
        server = nil
        #expect(code == 0, "\(name) did not end in good order")
    }

    var log: String {
        (try? contents(folder + "/log")).map { String(decoding: $0, as: UTF8.self) } ?? ""
    }
}

/// Registries, a DAL, a gateway with a helper, a helper of its own, and storages on hosts of their own.
final class Cluster {
    let folder = NSTemporaryDirectory() + "holdfast-cluster-\(UInt32.random(in: 0...UInt32.max))"
    let registries: [Machine]
    let front: Machine
    let helper: Machine
    let dal: Machine
    private(set) var storages: [Machine] = []
    private let registryPorts: [Int]
    private let isRelayed: Bool

    static let token = "the-token-of-this-cluster"

    /// - Parameter relayed: all but Registries are reached by wires that can fail.
    convenience init(
        registries count: Int = 2, storages: Int = 3, gateway: String, relayed: Bool = false
    ) throws {
        try self.init(
            registryPorts: (0..<count).map { _ in try Ports.free() }, storages: storages,
            gateway: gateway, relayed: relayed)
    }

    /// - Parameter gateway: further lines of `[gateway]`.
    init(
        registryPorts ports: [Int], storages: Int, gateway: String, relayed: Bool = false
    ) throws {
        isRelayed = relayed
        try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
        try "\(Self.token)\n".write(
            toFile: folder + "/token", atomically: true, encoding: .utf8)
        registryPorts = ports
        let parent = folder
        func made(_ name: String, _ sections: String, http: Int? = nil) throws -> Machine {
            try Machine(
                name, in: parent, host: "host-\(name)", registries: ports, sections: sections,
                http: http ?? Ports.free(), relayed: relayed && http == nil)
        }
        registries = try ports.enumerated().map { place, port in
            try made(
                "registry-\(place + 1)", "[registry]\nname = \"registry-\(place + 1)\"", http: port)
        }
        dal = try made("dal", "[dal]\ncopies_may_share_a_disk = true")
        front = try made(
            "front",
            """
            [helper]
            name = "helper-front"
            [gateway]
            smtp = "{smtp}"
            reserve_bytes = 0
            \(gateway)
            """)
        helper = try made("helper", "[helper]\nname = \"helper-2\"")
        try makeFolder(front, "spool")
        for number in 1...storages { try addStorage(number) }
    }

    deinit {
        for machine in machines { machine.letGo() }
        try? FileManager.default.removeItem(atPath: folder)
    }

    var machines: [Machine] { registries + [dal, front, helper] + storages }

    /// - Parameter more: further lines of its section.
    @discardableResult
    func addStorage(_ number: Int, folder path: String? = nil, more: String = "") throws -> Machine
    {
        let machine = try Machine(
            "s\(number)", in: folder, host: "host-\(number)", registries: registryPorts,
            sections: """
                [[storage]]
                name = "s\(number)"
                folder = "\(path ?? "data")"
                copies_may_share_a_disk = true
                segment_bytes_max = 8388608
                \(more.contains("reserve_bytes") ? "" : "reserve_bytes = 0")
                \(more)
                """, http: Ports.free(), relayed: isRelayed)
        if path == nil { try makeFolder(machine, "data") }
        storages.append(machine)
        return machine
    }

    /// Another machine, which nobody starts, stops or waits for.
    func machine(_ name: String, _ sections: String) throws -> Machine {
        try Machine(
            name, in: folder, host: "host-\(name)", registries: registryPorts, sections: sections,
            http: Ports.free())
    }

    func makeFolder(_ machine: Machine, _ name: String) throws {
        try FileManager.default.createDirectory(
            atPath: "\(machine.folder)/\(name)", withIntermediateDirectories: true)
    }

    /// Starts all of them, and waits until each is in the roster.
    func start() throws {
        for machine in machines { try machine.start() }
        try waitUntil("all are in the roster", seconds: 60) {
            let alive = try roster
            return ["dal", "gateway", "helper-2"].allSatisfy(alive.contains)
                && storages.allSatisfy { alive.contains($0.name) }
        }
    }

    /// The names of the nodes that live.
    var roster: Set<String> {
        get throws { Set(try nodes.keys) }
    }

    /// Each node's address, by its name, as `status` has it.
    var nodes: [String: String] {
        get throws {
            struct Report: Decodable {
                struct Node: Decodable {
                    var name: String
                    var address: String
                }
                var nodes: [Node]
            }
            let ran = try verb("status", "--format", "json")
            guard ran.code == 0 else { return [:] }
            let report = try JSONDecoder().decode(Report.self, from: Data(ran.output))
            return Dictionary(report.nodes.map { ($0.name, $0.address) }) { first, _ in first }
        }
    }

    func verb(_ arguments: String...) throws -> Ran {
        guard let name = arguments.first else { return Ran(output: [], messages: "", code: 0) }
        return try Appliance.run(
            [name, "--config", front.configuration] + arguments.dropFirst())
    }

    func links(_ change: String, _ arguments: String...) throws -> Ran {
        try Appliance.run(
            ["links", change, "--config", front.configuration] + arguments)
    }

    /// What a gateway says to one mail in a conversation of its own.
    func send(_ number: Int) throws -> String {
        let client = try MailSocket(port: front.smtp)
        _ = try client.reply()
        _ = try client.command("EHLO test")
        return try client.mail(StoryTests.message(number), from: "a@b.c", to: ["d@e.f"])
    }

    func count(_ query: String) throws -> Int { Int(try verb("count", query).line) ?? -1 }
}

extension Cluster {
    /// What the outside ledger says is there: each once, with all its copies, byte for byte; nothing waits.
    func check(_ promised: [Int], copies: Int, seconds: Double = 120) throws {
        print("\(promised.count) mails got 250")
        #expect(promised.count > 50)
        var found: [String: Int] = [:]
        try waitUntil("every promised mail is in the catalog", seconds: seconds) {
            found = try digests("")
            return promised.allSatisfy { found[sha256(StoryTests.message($0))] != nil }
        }
        for number in promised {
            #expect(found[sha256(StoryTests.message(number))] == 1, "mail \(number)")
        }
        try waitUntil("every mail has its copies", seconds: seconds) {
            let whole = try digests("copies:>=\(copies)")
            return promised.allSatisfy { whole[sha256(StoryTests.message($0))] != nil }
        }
        // The copy that lives may be the one whose index item is still on its way.
        try waitUntil("every mail can be read", seconds: seconds) {
            try verb("export", "", "--to", "eml:\(folder)/out").code == 0
        }
        let names = try FileManager.default.contentsOfDirectory(atPath: folder + "/out")
        let read = Set(try names.map { sha256(try contents("\(folder)/out/\($0)")) })
        #expect(promised.allSatisfy { read.contains(sha256(StoryTests.message($0))) })
        try FileManager.default.removeItem(atPath: folder + "/out")
    }

    /// How often each message is found.
    private func digests(_ query: String) throws -> [String: Int] {
        let listed = try verb("search", query, "--limit", "0", "--format", "jsonl").text
        return listed.split(separator: "\n").reduce(into: [:]) { found, line in
            guard let start = line.range(of: #""sha256":""#)?.upperBound else { return }
            found[String(line[start...].prefix(64)), default: 0] += 1
        }
    }

    /// All tasks have had their acks, and nothing waits to be passed on or indexed.
    func waitUntilQuiet(seconds: Double = 120) throws {
        try waitUntil("every queue is empty", seconds: seconds) {
            let report = try verb("status", "--format", "json").text
            return report.contains("\"tasks\"")
                && report.matches(of: /"(index|sync|tasks)" : [1-9]/).isEmpty
        }
    }
}
