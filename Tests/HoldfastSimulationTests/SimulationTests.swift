// SPDX-License-Identifier: Apache-2.0
// The simulation finds what is wrong, and nothing else: some seeds, and every planted bug.

import Foundation
import Testing

@Suite("the seeded cluster simulation")
struct SimulationTests {
    @Test("some seeds hold", .timeLimit(.minutes(2)))
    func someSeedsHold() throws {
        let run = try Simulation.run("--first", "1", "--seeds", "20")
        #expect(run.output.contains("20 seeds held"))
        #expect(run.code == 0, "\(run.output)")
    }

    @Test("a seed is the same, event for event, in two processes", .timeLimit(.minutes(1)))
    func reproduces() throws {
        let arguments = ["--first", "5", "--seeds", "1", "--verbose"]
        let first = try Simulation.run(arguments)
        let second = try Simulation.run(arguments)
        #expect(first.output == second.output)
        #expect(first.output.count > 10_000)
        #expect(first.output.contains("hash"))
    }

    @Test("a helper that dies in any moment leaves nothing to recover", .timeLimit(.minutes(2)))
    func helperDies() throws {
        let run = try Simulation.run("--dying-helper", "--first", "3", "--seeds", "1")
        #expect(run.output.contains("a helper died in each of"))
        #expect(run.code == 0, "\(run.output)")
    }

    @Test(
        "each planted bug is found within 200 seeds", .timeLimit(.minutes(5)),
        arguments: [
            (plant: "ack-before-sync", first: 5, seeds: 200),
            (plant: "forgotten-lease", first: 1, seeds: 200),
            (plant: "copy-on-the-same-disk", first: 70, seeds: 200),
            (plant: "position-is-a-row-number", first: 1, seeds: 200),
            (plant: "expiry-on-a-jumped-clock", first: 38, seeds: 200),
            (plant: "resend-to-a-random-node", first: 22, seeds: 200),
        ])
    func finds(plant: String, first: Int, seeds: Int) throws {
        let run = try Simulation.run(
            "--plant", plant, "--first", "\(first)", "--seeds", "\(seeds)", "--until-one-fails")
        #expect(run.code == 1, "\(run.output)")
        #expect(run.output.contains("repeat it: holdfast-simulate --first"))
        #expect(run.output.contains("--plant \(plant)"))
    }

    @Test("--plant alone lists the plants")
    func lists() throws {
        let run = try Simulation.run("--plant")
        #expect(run.code == 0)
        #expect(run.output.split(separator: "\n").count == 6)
        #expect(run.output.contains("forgotten-lease: "))
    }
}

/// The built program, which lies beside the tests.
enum Simulation {
    static func run(_ arguments: String...) throws -> (output: String, code: Int32) {
        try run(arguments)
    }

    static func run(_ arguments: [String]) throws -> (output: String, code: Int32) {
        let tests = URL(fileURLWithPath: CommandLine.arguments[0])
        let process = Process()
        process.executableURL =
            tests.deletingLastPathComponent().appendingPathComponent("holdfast-simulate")
        process.arguments = arguments
        let output = Pipe()
        process.standardOutput = output
        process.standardError = FileHandle.nullDevice
        try process.run()
        let octets = try output.fileHandleForReading.readToEnd() ?? Data()
        process.waitUntilExit()
        return (String(decoding: octets, as: UTF8.self), process.terminationStatus)
    }
}
