// SPDX-License-Identifier: Apache-2.0
// A folder that was overwritten in place with an older state of itself (D3).

import Foundation
import HoldfastModel
import HoldfastNode
import Testing

@testable import HoldfastStorage

@Suite("Positions that were given before")
struct GivenPositionsTests {
    private static func position(_ run: UInt32, _ number: UInt32) -> Position {
        Position(run: run, number: number)
    }

    /// A storage in its run 4 that knows positions up to (3, 10) and has shipped (3, 9) and (4, 2).
    private static var given: GivenPositions {
        var given = GivenPositions(run: 4, lastBefore: position(3, 10))
        given.ship([position(3, 9): MailID(9), position(4, 2): MailID(2)])
        return given
    }

    private static let answer = [
        ItemResult(mail: MailID(9), position: position(3, 9), outcome: .kept),
        ItemResult(mail: MailID(2), position: position(4, 2), outcome: .refused("no")),
    ]

    @Test(
        "what the DAL holds was given here, or by a later state of the folder",
        arguments: [
            (0, 0, GivenPositions.Verdict.known), (3, 10, .known), (4, 2, .known),
            (3, 11, .later), (4, 3, .later), (5, 1, .later),
        ])
    func judge(run: UInt32, number: UInt32, verdict: GivenPositions.Verdict) {
        let position = Self.position(run, number)
        #expect(Self.given.judge(position, answering: Self.answer) == verdict)
    }

    @Test("an answer to what was not shipped here says nothing about this folder")
    func stray() {
        let position = Self.position(5, 1)
        #expect(Self.given.judge(position, answering: []) == .stray)
        var other = Self.answer
        other[0].mail = MailID(8)
        #expect(Self.given.judge(position, answering: other) == .stray)
    }

    @Test("a start that missed something does not know what the runs before gave")
    func unsure() {
        var given = GivenPositions(run: 4, lastBefore: nil)
        given.ship([Self.position(3, 9): MailID(9)])
        let answer = [Self.answer[0]]
        #expect(given.judge(Self.position(3, 99), answering: answer) == .known)
        #expect(given.judge(Self.position(4, 1), answering: answer) == .later)
    }

    @Test("D3: an older state of a folder takes no mail and ships nothing, until it is adopted")
    func overwritten() async throws {
        let (folder, backup) = (TestFolder(), TestFolder())
        _ = try await withStorage(in: folder) { storage in
            try await Self.keepAndShip(1...3, in: storage)
        }
        try FileManager.default.copyItem(atPath: folder.path, toPath: backup.path)
        let held = try await withStorage(in: folder) { storage in
            try await Self.keepAndShip(4...6, in: storage)
        }
        try Self.overwrite(folder, with: backup)
        try await withStorage(in: folder) { storage in
            let shipped = try await Self.ship(in: storage, held: held)
            #expect(shipped > 0)
            try await Self.expectClosed(storage)
        }
        // It is remembered, also while no DAL answers.
        try await withStorage(in: folder) { try await Self.expectClosed($0) }
        _ = try RecordKeeper.adopt(folder.path)
        try await withStorage(in: folder) { storage in
            #expect(await storage.registration(address: "").writable)
            let results = await storage.queues.intake.take([try mail(7)])
            #expect(results.map(\.outcome) == [.kept])
        }
    }

    private static func expectClosed(_ storage: StorageComponent) async throws {
        let registration = await storage.registration(address: "")
        #expect(!registration.writable)
        #expect(registration.notice?.contains("holdfast adopt") == true)
        #expect(try await storage.status().notice?.contains("holdfast adopt") == true)
        let outcome = await storage.queues.intake.take([try mail(7)])[0].outcome
        guard case .notHere(let reason) = outcome else {
            Issue.record("taken: \(outcome)")
            return
        }
        #expect(reason.contains("older state"))
        #expect(try await ship(in: storage, held: nil) == 0)
    }

    /// Ships what there is; the DAL says what it holds then. Returns how many were shipped.
    private static func ship(in storage: StorageComponent, held: Position?) async throws -> Int {
        let request = LeaseRequest(itemsMax: 16, bytesMax: 1 << 20, waitSeconds: 0)
        let leased = try await storage.queues.lease(from: "index", request)
        let items = try leased?.items.map { try IndexItem(decoding: $0.record) } ?? []
        let results = items.map { item in
            ItemResult(
                mail: item.record.header.mail, position: item.entry.position, outcome: .kept)
        }
        guard !results.isEmpty else { return 0 }
        let last = items.map(\.entry.position).max()
        try await storage.queues.settle("index", results, position: held ?? last)
        return results.count
    }

    private static func keepAndShip(
        _ numbers: ClosedRange<UInt64>, in storage: StorageComponent
    ) async throws -> Position {
        let results = await storage.queues.intake.take(try numbers.map { try mail($0) })
        #expect(results.allSatisfy { $0.outcome == .kept })
        #expect(try await ship(in: storage, held: nil) >= 3)
        return try await storage.queues.index.end()
    }

    /// As `rsync --delete` into it does.
    private static func overwrite(_ folder: TestFolder, with backup: TestFolder) throws {
        let files = FileManager.default
        for name in try files.contentsOfDirectory(atPath: folder.path) {
            try files.removeItem(atPath: "\(folder.path)/\(name)")
        }
        for name in try files.contentsOfDirectory(atPath: backup.path) {
            try files.copyItem(
                atPath: "\(backup.path)/\(name)", toPath: "\(folder.path)/\(name)")
        }
    }
}
