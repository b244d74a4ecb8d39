// SPDX-License-Identifier: Apache-2.0
// The real program, started for a measurement and stopped after it.

internal import Foundation
internal import HoldfastModel
internal import HoldfastNode
internal import NIOHTTP1

struct BenchError: Error, CustomStringConvertible {
    var description: String
}

/// A running `holdfast serve` in a folder of its own.
final class Appliance {
    let folder: String
    let port: Int
    let lmtpPort: Int
    let token: String
    private let program: String
    private let process: ServeProcess

    /// - Parameter sections: what the configuration is to be without.
    init(
        program: String, folder: String, storages: Int, copies: Int,
        without sections: Set<String> = []
    ) throws {
        self.folder = folder
        self.program = program
        process = ServeProcess(program: program, folder: folder)
        port = Int.random(in: 20_000..<30_000)
        lmtpPort = port + 1
        try Self.run(
            program,
            [
                "init", folder, "--http", "127.0.0.1:\(port)", "--smtp", "127.0.0.1:\(port + 2)",
                "--lmtp", "127.0.0.1:\(lmtpPort)", "--storages", "\(storages)", "--copies",
                "\(copies)",
            ])
        let file = process.configuration
        if !sections.isEmpty {
            let text = try String(contentsOfFile: file, encoding: .utf8)
            try Self.withoutSections(sections, text)
                .write(toFile: file, atomically: true, encoding: .utf8)
        }
        token = try String(contentsOfFile: folder + "/token", encoding: .utf8)
            .trimmingCharacters(in: .whitespacesAndNewlines)
        try process.start()
    }

    /// Ends it in good order, and starts it again.
    func restart() throws {
        process.stop()
        try process.start()
    }

    /// Runs a verb of the program against this appliance.
    ///
    /// - Parameter codes: the exit codes that are as expected.
    func verb(_ arguments: [String], codes: Set<Int32> = [0]) throws {
        try Self.run(
            program, arguments + ["--config", process.configuration], codes: codes)
    }

    /// The base address of a node.
    func address(_ role: String, _ name: String) -> String {
        "http://127.0.0.1:\(port)/\(role)/\(name)"
    }

    func waitUntilAlive(roles: Set<String>, client: NodeClient) async throws {
        for _ in 0..<200 {
            let roster = try? await client.json(
                .GET, address("registry", "registry") + "/nodes", as: Roster.self)
            if roles.isSubset(of: roster?.nodes.map(\.role.rawValue) ?? []) { return }
            guard process.isRunning else { break }
            try await Task.sleep(for: .milliseconds(50))
        }
        throw BenchError(description: "holdfast serve did not come up; see \(folder)/log")
    }

    /// Seconds of CPU that the program has used.
    var cpuSeconds: Double { process.cpuSeconds }

    func stop() {
        process.stop()
        try? FileManager.default.removeItem(atPath: folder)
    }

    private static func run(
        _ program: String, _ arguments: [String], codes: Set<Int32> = [0]
    ) throws {
        let process = Process()
        process.executableURL = URL(fileURLWithPath: program)
        process.arguments = arguments
        process.standardOutput = FileHandle.nullDevice
        process.standardError = FileHandle.nullDevice
        try process.run()
        process.waitUntilExit()
        guard codes.contains(process.terminationStatus) else {
            throw BenchError(
                description:
                    "\(arguments.joined(separator: " ")): exit code \(process.terminationStatus)")
        }
    }

    /// The configuration without some sections, as a machine of fewer roles has it.
    private static func withoutSections(_ names: Set<String>, _ text: String) -> String {
        var isDropped = false
        return text.split(separator: "\n", omittingEmptySubsequences: false).filter { line in
            if line.hasPrefix("[") {
                isDropped = names.contains(
                    line.trimmingCharacters(in: CharacterSet(charactersIn: "[] ")))
            }
            return !isDropped
        }.joined(separator: "\n")
    }
}
