// SPDX-License-Identifier: Apache-2.0
// holdfast-simulate: whole clusters from seeds, in one process and without waiting.

internal import ArgumentParser
internal import Foundation

@main
struct Simulate: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "holdfast-simulate",
        abstract:
            "Runs whole clusters from seeds, with faults of all kinds, and checks what is left.",
        discussion: """
            The components are the shipped ones; machines, disks, clocks and wires are simulated. A
            seed that fails is printed with the command that repeats it exactly. Exit code 0 when
            all seeds held, 1 when one failed.

            Example:
              holdfast-simulate --seeds 1000
              holdfast-simulate --first 17 --seeds 1 --verbose
              holdfast-simulate --plant forgotten-lease
            """)

    @Option(help: "How many seeds to run.")
    var seeds = 100

    @Option(help: "The first seed; the others follow it.")
    var first: UInt64 = 1

    @Option(help: "Put in a known bug; without a name, list them.")
    var plant: Plant?

    @Flag(help: "Print the events of each seed.")
    var verbose = false

    @Flag(help: "End with the first seed that fails.")
    var untilOneFails = false

    @Flag(
        help: "Let nothing go wrong but that a helper dies: each seed again for each moment it can."
    )
    var dyingHelper = false

    /// `--plant` without a name lists the plants, which the parser cannot say.
    static func main() {
        Reproducible.begin()
        let arguments = Array(CommandLine.arguments.dropFirst())
        guard arguments != ["--plant"] else {
            for plant in Plant.allCases { print("\(plant.rawValue): \(plant.meaning)") }
            return
        }
        main(arguments)
    }

    func run() throws {
        let began = Date()
        var (failed, done) = (0, 0)
        for seed in first..<first + UInt64(max(0, seeds)) {
            guard failed == 0 || !untilOneFails else { break }
            done += 1
            if !holds(seed) { failed += 1 }
        }
        let seconds = Date().timeIntervalSince(began)
        let rate = String(format: "%.1f", Double(done) / max(seconds, 0.001))
        print(failed == 0 ? "\(done) seeds held" : "\(failed) of \(done) seeds failed")
        FileHandle.standardError.write(Data("\(rate) seeds/s\n".utf8))
        if failed > 0 { throw ExitCode(1) }
    }

    /// Runs a seed, once or for each moment in which the helper can die, and says what was wrong.
    private func holds(_ seed: UInt64) -> Bool {
        guard dyingHelper else { return holds(seed, death: nil).isSo }
        let (isSo, moments) = holds(seed, death: -1)
        for moment in 0..<moments where isSo {
            guard holds(seed, death: moment).isSo else { return false }
        }
        print("seed \(seed): a helper died in each of \(moments) moments")
        return isSo
    }

    private func holds(_ seed: UInt64, death: Int?) -> (isSo: Bool, moments: Int) {
        var trial = Trial(seed: seed, plant: plant, isPrinted: verbose)
        trial.death = death
        let verdict = trial.run()
        if verbose {
            print(
                "seed \(seed): \(verdict.events) events, hash",
                String(verdict.hash, radix: 16) + ",",
                "\(verdict.accepted) mails, \(verdict.seconds) s")
        }
        guard let fault = verdict.fault else { return (true, verdict.moments) }
        let moment = death.map { ", the helper dying at moment \($0)" } ?? ""
        print("seed \(seed)\(moment) failed: \(fault)")
        let planted = plant.map { " --plant \($0.rawValue)" } ?? ""
        let dying = death == nil ? "" : " --dying-helper"
        print(
            "  repeat it: holdfast-simulate --first \(seed) --seeds 1\(planted)\(dying) --verbose")
        return (false, verdict.moments)
    }
}

/// The order of a Swift dictionary differs from process to process, unless it is told not to. It is told
/// before the process begins, so this begins again.
private enum Reproducible {
    private static let key = "SWIFT_DETERMINISTIC_HASHING"

    static func begin() {
        guard ProcessInfo.processInfo.environment[key] == nil else { return }
        setenv(key, "1", 1)
        var arguments = CommandLine.arguments.map { strdup($0) }
        arguments.append(nil)
        execv("/proc/self/exe", &arguments)
        // Where that cannot be done seeds still hold or fail, but may not reproduce.
    }
}
