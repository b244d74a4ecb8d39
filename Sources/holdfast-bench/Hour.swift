// SPDX-License-Identifier: Apache-2.0
// The paper's promise: a steady stream of mail while every machine is restarted in turn.

internal import ArgumentParser
internal import Foundation
internal import HoldfastNode

struct Hour: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "hour",
        abstract: "A steady stream of mail, while every machine is restarted in turn.",
        discussion: """
            Two machines with a Registry, a Helper and a Gateway each, one of them with the DAL, and \
            storages; whoever sends goes to the other Gateway when one does not take a mail, as with two \
            MX records. At the end every mail must be found, with all its copies, and `verify` find \
            nothing. Pauses of more than a tenth of a second between two mails that are taken count as \
            time in which no mail was taken. Exit code 1: a mail was refused for good, or lost.

            Example:
              holdfast-bench hour --minutes 60 --rate 1000
            """)

    @OptionGroup var options: BenchOptions

    @Option(help: "How long mail is sent.")
    var minutes = 60.0

    @Option(help: "Mails a second.")
    var rate = 1000

    @Option(help: "The octets of a mail.")
    var bytes = 2_000

    @Option(help: "Storages.")
    var storages = 3

    @Option(help: "Copies of each mail.")
    var copies = 2

    @Option(help: "Seconds between two restarts.")
    var rest = 30.0

    private static let drainSecondsMax = 3600.0

    func run() async throws {
        let fleet = try Fleet(
            program: options.programPath,
            folder: options.folder + "/bench-\(UInt32.random(in: 0...UInt32.max))",
            storages: storages, copies: copies)
        defer { fleet.stop() }
        let client = NodeClient(token: fleet.token)
        try await fleet.start(client)
        var text = MailText(seed: options.seed)
        let senders = SteadySenders(
            ports: fleet.smtpPorts, rate: rate,
            mails: (0..<Pour.distinct).map { text.message($0, bytes: bytes) })
        senders.start()
        let (began, end) = (Date(), Date().addingTimeInterval(minutes * 60))
        var restarts = 0
        while Date() < end {
            let machine = fleet.machines[restarts % fleet.machines.count]
            try await Task.sleep(for: .seconds(min(rest, max(0, end.timeIntervalSinceNow))))
            guard Date() < end else { break }
            let code = machine.process.stop()
            guard code == 0 else {
                throw BenchError(description: "\(machine.name) ended with \(code)")
            }
            try machine.process.start()
            try await fleet.waitUntilAlive(machine, client)
            restarts += 1
            say(
                "\(Int(Date().timeIntervalSince(began))) s: \(machine.name) restarted; \(senders.tally)"
            )
        }
        let tally = senders.stop()
        try await client.shutdown()
        print("\(Hardware.description)\n\(restarts) restarts; \(tally)")
        let each = tally.silence / Double(max(1, restarts))
        print(
            String(
                format: """
                    no mail was taken for %.1f s in all, %.2f s a restart; so many restarts take the 52 \
                    minutes a year of the paper: %.0f
                    """, tally.silence, each, 52 * 60 / max(each, 0.01)))
        let isKept = try await check(tally, fleet)
        guard isKept, tally.refused == 0 else { throw ExitCode(1) }
    }

    /// Waits until all is found with its copies, and reads every copy.
    private func check(_ tally: SteadySenders.Tally, _ fleet: Fleet) async throws -> Bool {
        let end = Date().addingTimeInterval(Self.drainSecondsMax)
        var (found, whole) = (0, 0)
        while Date() < end, found < tally.accepted || whole < found {
            try await Task.sleep(for: .seconds(2))
            found = Int(try fleet.verb("count", "").output.trimmed) ?? 0
            whole = Int(try fleet.verb("count", "copies:>=\(copies)").output.trimmed) ?? 0
        }
        let isFound = (tally.accepted...tally.accepted + tally.unanswered).contains(found)
        let verified = try fleet.verb("verify")
        print("found \(found), with \(copies) copies \(whole)")
        print(verified.output)
        return isFound && whole == found && verified.code == 0
    }

    private func say(_ line: String) {
        FileHandle.standardError.write(Data((line + "\n").utf8))
    }
}

extension String {
    fileprivate var trimmed: String { trimmingCharacters(in: .whitespacesAndNewlines) }
}
