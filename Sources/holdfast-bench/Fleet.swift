// SPDX-License-Identifier: Apache-2.0
// Several machines of one installation, each a process of its own, restarted one after the other.

internal import Foundation
internal import HoldfastNode
internal import NIOHTTP1

/// One machine of the fleet.
struct Machine {
    let name: String
    /// Names of its nodes.
    let nodes: [String]
    let process: ServeProcess

    init(
        program: String, name: String, in parent: String, http: Int, registries: [String],
        nodes: [String], sections: String
    ) throws {
        (self.name, self.nodes) = (name, nodes)
        let folder = parent + "/" + name
        process = ServeProcess(program: program, folder: folder)
        try FileManager.default.createDirectory(
            atPath: folder + "/data", withIntermediateDirectories: true)
        let quoted = registries.map { "\"\($0)\"" }.joined(separator: ", ")
        try """
        [node]
        http = "127.0.0.1:\(http)"
        host = "\(name)"
        registries = [\(quoted)]
        token_file = "../token"
        \(sections)

        """.write(toFile: process.configuration, atomically: true, encoding: .utf8)
    }
}

/// Two fronts, each with a Registry, a Helper and a Gateway, the first with the DAL; and storages.
final class Fleet {
    let machines: [Machine]
    let smtpPorts: [Int]
    let token = "the-token-of-this-fleet"
    private let folder: String
    private let registry: String
    private let program: String

    init(program: String, folder: String, storages: Int, copies: Int) throws {
        (self.program, self.folder) = (program, folder)
        try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
        try "\(token)\n".write(toFile: folder + "/token", atomically: true, encoding: .utf8)
        let first = Int.random(in: 20_000..<30_000)
        let registries = (1...2).map { "http://127.0.0.1:\(first + $0)/registry/registry-\($0)" }
        let smtpPorts = (1...2).map { first + 10 + $0 }
        var machines = try (1...2).map { number in
            let front = "front-\(number)"
            let names = ["registry-\(number)", "helper-\(number)", "gateway-\(number)"]
            return try Machine(
                program: program, name: front, in: folder, http: first + number,
                registries: registries, nodes: names + (number == 1 ? ["dal"] : []),
                sections: """
                    [registry]
                    name = "\(names[0])"
                    [helper]
                    name = "\(names[1])"
                    [gateway]
                    name = "\(names[2])"
                    spool = "data"
                    smtp = "127.0.0.1:\(smtpPorts[number - 1])"
                    copies = \(copies)
                    \(number == 1 ? "[dal]\ncopies_may_share_a_disk = true" : "")
                    """)
        }
        machines += try (1...storages).map { number in
            try Machine(
                program: program, name: "storage-\(number)", in: folder, http: first + 2 + number,
                registries: registries, nodes: ["storage-\(number)"],
                sections: """
                    [[storage]]
                    name = "storage-\(number)"
                    folder = "data"
                    copies_may_share_a_disk = true
                    """)
        }
        (self.machines, self.smtpPorts, registry) = (machines, smtpPorts, registries[1])
    }

    func start(_ client: NodeClient) async throws {
        for machine in machines { try machine.process.start() }
        for machine in machines { try await waitUntilAlive(machine, client) }
    }

    /// Until a Registry knows all its nodes.
    func waitUntilAlive(_ machine: Machine, _ client: NodeClient) async throws {
        for _ in 0..<600 {
            let roster = try? await client.json(.GET, registry + "/nodes", as: Roster.self)
            if Set(machine.nodes).isSubset(of: roster?.nodes.map(\.name) ?? []) { return }
            try await Task.sleep(for: .milliseconds(100))
        }
        throw BenchError(
            description: "\(machine.name) did not come up; see \(machine.process.folder)/log")
    }

    func verb(_ arguments: String...) throws -> (output: String, code: Int32) {
        let process = Process()
        process.executableURL = URL(fileURLWithPath: program)
        process.arguments = arguments + ["--config", folder + "/front-1/holdfast.toml"]
        let pipe = Pipe()
        process.standardOutput = pipe
        process.standardError = FileHandle.nullDevice
        try process.run()
        let output = pipe.fileHandleForReading.readDataToEndOfFile()
        process.waitUntilExit()
        return (String(decoding: output, as: UTF8.self), process.terminationStatus)
    }

    func stop() {
        for machine in machines { machine.process.stop() }
        try? FileManager.default.removeItem(atPath: folder)
    }
}
