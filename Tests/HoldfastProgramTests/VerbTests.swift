// SPDX-License-Identifier: Apache-2.0
// The command line: words, codes and reports.

import ArgumentParser
import HoldfastCatalog
import HoldfastModel
import HoldfastNode
import Testing

@testable import holdfast

@Suite struct VerbTests {
    @Test("a query may begin with a hyphen and stand among options")
    func queries() throws {
        let search = try Search.parse(["-spam", "from:amy", "--limit", "3", "-has:attachment"])
        #expect(search.limit == 3)
        #expect(search.query.question.query == "-spam from:amy -has:attachment")
        #expect(try Count.parse([""]).query.question.query == "")
        #expect(
            try Count.parse(["--utc-offset", "-3600", "x"]).query.question.clock.text == "-3600")
        let sorted = try Search.parse(["x", "--sort", "size", "--reverse"])
        #expect(sorted.sort == .size && sorted.reverse)
    }

    @Test(
        "what cannot be meant is a usage error: 2, and 64 for deliver",
        arguments: [
            ["search"], ["search", "--limt", "3", "x"], ["search", "--limit", "-1", "x"], ["show"],
            ["search", "--sort", "colour", "x"], ["search", "--sort", "size", "--direct", "x"],
            ["release", "a", "--to", "nobody"],
            ["show", "--headers", "--copies", "a"], ["export", "x", "--to", "zip:a"], ["import"],
            ["init", "d", "--storages", "1", "--copies", "2"], ["nothing"], ["deliver", "a@b"],
            ["deliver", "--sender", "a@b", "--keep-days", "401", "c@d"], ["retry", "out-box"],
        ])
    func usage(arguments: [String]) throws {
        let error = try #require(throws: (any Error).self) { try Holdfast.parseAsRoot(arguments) }
        let ending = Ending(of: error, arguments: ["holdfast"] + arguments)
        #expect(ending.code == (arguments[0] == "deliver" ? 64 : 2))
    }

    @Test("help and version are no errors")
    func help() throws {
        for arguments in [["--help"], ["--version"], ["search", "--help"], ["init", "--help"]] {
            let error = #expect(throws: (any Error).self) { try run(arguments) }
            if let error { #expect(Ending(of: error).code == 0) }
        }
    }

    private func run(_ arguments: [String]) throws {
        var command = try Holdfast.parseAsRoot(arguments)
        try command.run()
    }

    @Test("every verb's help has an example")
    func examples() {
        for verb in Holdfast.configuration.subcommands {
            #expect(verb.helpMessage().contains("Example: holdfast \(verb._commandName)"))
        }
    }

    @Test(
        "what a node answers becomes a code",
        arguments: [
            (0, 5), (400, 2), (401, 78), (404, 1), (409, 2), (413, 2), (422, 2), (429, 5), (503, 5),
            (507, 5),
        ])
    func codes(status: UInt, code: Int32) {
        #expect(ExitStatus(answer: status).rawValue == code)
    }

    @Test(
        "deliver ends with a code of sysexits.h: what may go well later is 75, what never will is 65",
        arguments: [
            (0, 75), (400, 65), (401, 78), (404, 75), (409, 65), (413, 65), (422, 65), (429, 75),
            (500, 75), (503, 75), (507, 75),
        ])
    func deliverCodes(status: UInt, code: Int32) {
        #expect(ExitStatus(answer: status).amongSysexits.rawValue == code)
        #expect(ExitStatus.internalError.amongSysexits.rawValue == 70)
        #expect(ExitStatus.noPermission.amongSysexits.rawValue == 77)
    }

    @Test("what to dig up is a queue or the beginning of an id")
    func retries() throws {
        #expect(try Retry.parse([]).what == [])
        #expect(
            try Retry.parse(["tasks", "sync", "01kav2m4"]).what
                == [.queue("tasks"), .queue("sync"), .mail("01kav2m4")])
        var list = RetriedList()
        #expect(list.text == "Nothing lies buried there.\n")
        list.add("sync", of: "storage-1", 0)
        #expect(list.items == 0)
        list.add("tasks", of: "gateway", 12)
        #expect(list.items == 12)
        #expect(list.text == "QUEUE  NODE     DUG UP\ntasks  gateway      12\n")
    }

    @Test("status names the verb that digs up what is buried, when something is")
    func showsBuried() {
        var status = StatusAnswer(name: "gateway", role: "gateway")
        var text: String {
            StatusReport(
                time: "2026-01-05T12:00:00Z",
                nodes: [
                    StatusReport.Node(
                        name: "gateway", role: .gateway, address: "http://x", alive: true,
                        writable: true, status: status)
                ], disks_alive: 1
            ).text
        }
        status.buried = ["tasks": 0]
        #expect(!text.contains("holdfast retry"))
        status.buried = ["tasks": 3]
        #expect(text.contains("Buried, until `holdfast retry` offers them again: 3\n"))
    }

    @Test(
        "status advises one disk more than copies (R21)",
        arguments: [(1, true), (2, true), (3, false)])
    func advises(disks: Int, isAdvised: Bool) {
        let report = StatusReport(
            time: "2026-01-05T12:00:00Z", nodes: [], disks_alive: disks, copies_max: 2)
        #expect(report.text.contains("add a disk") == isAdvised)
    }

    private func order(
        _ state: String, _ outcomes: [String], reason: String? = nil, before: Bool = false,
        to: [String]? = nil
    ) -> ReleaseReport {
        let answer = ReleaseAnswer(
            order: "o", mail: "m", gateway: "g", by: "amy", ordered: "2026-01-05T12:00:00Z",
            state: state, reason: reason,
            finished: state == "done" ? "2026-01-05T12:00:01Z" : nil, sent_to: nil,
            line_ends_changed: false,
            results: outcomes.map {
                RecipientAnswer(recipient: "r@x", outcome: $0, reply: "250 ok\u{1b}")
            },
            released_before: before)
        return ReleaseReport(answer, to: to, gateway: nil, orderedBefore: before)
    }

    @Test(
        "a release is done when every recipient was sent to",
        arguments: [
            ("done", ["sent", "sent"], 0), ("done", ["sent", "refused"], 3),
            ("done", ["in doubt"], 3),
            ("sending", [], 3), ("waiting", [], 3), ("sending", ["sent"], 3),
        ])
    func releases(state: String, outcomes: [String], code: Int32) {
        #expect(order(state, outcomes).status.rawValue == code)
    }

    @Test("how a release goes on is asked for those alone for whom it was ordered")
    func question() {
        let some = order("sending", [], to: ["me@x", "you@x"]).remarks.first ?? ""
        #expect(some.contains("`holdfast release m --to me@x --to you@x` says how it goes on"))
        let all = order("sending", []).remarks.first ?? ""
        #expect(all.contains("`holdfast release m` says"))
    }

    @Test("a release says what a person must know")
    func remarks() {
        #expect(order("done", ["sent"]).remarks.isEmpty)
        #expect(order("done", ["sent"]).lines == "m\tr@x\tsent\t250 ok\u{fffd}\n")
        #expect(
            order("done", ["sent"], before: true).remarks.first?.contains("nothing was sent now")
                == true)
        #expect(order("done", ["sent"], before: true).status == .done)
        #expect(order("done", ["in doubt"]).remarks.first?.contains("--again") == true)
        #expect(
            order("waiting", [], reason: "the gateway g is away").remarks.first?.contains(
                "no gateway has taken the order yet (the gateway g is away)") == true)
    }

    @Test("of an order for several only those count for whom it was asked")
    func asked() {
        var answer = ReleaseAnswer(
            order: "o", mail: "m", gateway: "g", by: "amy", ordered: "2026-01-05T12:00:00Z",
            state: "done", finished: "2026-01-05T12:00:01Z", sent_to: nil,
            line_ends_changed: false,
            results: [
                RecipientAnswer(recipient: "a@x", outcome: "refused", reply: "550 no"),
                RecipientAnswer(recipient: "b@x", outcome: "sent", reply: "250 ok"),
            ],
            released_before: true)
        answer.recipients = ["b@x"]
        let report = ReleaseReport(answer, to: nil, gateway: nil, orderedBefore: true)
        #expect(report.status == .done)
        #expect(report.lines == "m\tb@x\tsent\t250 ok\n")
        #expect(report.remarks.first?.contains("nothing was sent now to b@x (--again") == true)
    }

    @Test("days until full are reckoned at the rate of today")
    func daysUntilFull() throws {
        var status = StatusAnswer(name: "s", role: "storage")
        let noon = Timestamp(milliseconds: 43_200_000)
        #expect(status.daysUntilFull(now: noon) == nil)
        (status.free_bytes, status.bytes_today) = (10_000, 500)
        #expect(status.daysUntilFull(now: noon) == 10)
        // A minute after midnight one mail must not look like a flood.
        let early = try #require(status.daysUntilFull(now: Timestamp(milliseconds: 60_000)))
        #expect(early > 0.8 && early < 0.9)
    }

    @Test("an import ends with its counts")
    func tally() throws {
        var tally = ImportTally()
        (tally.read, tally.stored, tally.duplicate) = (11, 10, 1)
        tally.refuse("a.eml", "it is empty")
        #expect(
            tally.text(isDryRun: false) == """
                read          12
                stored        10
                duplicate      1
                refused        1

                """)
        #expect(!tally.text(isDryRun: true).contains("stored"))
        tally.store(until: Day("2027-01-22"))
        tally.store(until: Day("2026-12-01"))
        tally.store(until: nil)
        #expect(
            tally.text(isDryRun: false, keepsDays: true) == """
                read          15
                stored        13
                duplicate      1  (kept until the day they had)
                refused        1
                kept until    2027-01-22

                """)
        #expect(try tally.json.contains("\"reason\" : \"it is empty\""))
    }

    @Test("a wait is told once a minute for each cause, and of few causes")
    func waits() {
        var lines = WaitLines()
        let asked: [(cause: String, now: Int64)] = [
            ("full", 100), ("full", 60_000), ("away", 60_000), ("full", 60_100),
        ]
        #expect(asked.map { lines.isDue($0.cause, now: $0.now) } == [true, false, true, true])
        let many = (0..<10).filter { lines.isDue("cause \($0)", now: 60_200) }
        #expect(many.count == 3)
    }

    @Test("of one reason the first twenty refusals are named, and the rest counted")
    func refusals() {
        var lines = RefusalLines()
        let said = (1...25).compactMap { lines.line("a#\($0)", "it is empty") }
        #expect(said.count == 20 && said.last == "refused: a#20: it is empty")
        let other = lines.line("b", "b is not there")
        #expect(other == "refused: b: b is not there")
        #expect(lines.rest == ["refused: 5 more: it is empty (--format json names more)"])
        for number in 0..<5000 { _ = lines.line("c", "reason \(number)") }
        #expect(lines.rest.count == 2)
    }

    @Test("one is not several", arguments: [(0, "0 mails"), (1, "1 mail"), (2, "2 mails")])
    func plural(count: Int, text: String) {
        #expect(Readable.count(count, "mail") == text)
    }

    @Test(
        "a bar is as full as the work is done",
        arguments: [(0, 0, 100), (0, 10, 0), (5, 10, 50), (20, 10, 100)])
    func bar(done: UInt64, all: UInt64, percent: Int) {
        #expect(ProgressBar.text(done: done, of: all).hasSuffix("] \(percent) %"))
    }
}
