// SPDX-License-Identifier: Apache-2.0
// Segments that somebody takes away while they are served.

import Foundation
import HoldfastLedger
import HoldfastModel
import HoldfastNode
import HoldfastSegments
import Testing

@testable import HoldfastStorage

@Suite("Segments that are gone")
struct MissingTests {
    private static let mails = (1...3).map { MailID(UInt128($0)) }

    private func verify(_ storage: StorageComponent) async throws -> VerificationAnswer {
        let working = Task { await storage.verification.run() }
        defer { working.cancel() }
        var answer = storage.verification.order(bytesPerSecond: nil)
        while answer.state == .reading {
            try await Task.sleep(for: .milliseconds(20))
            answer = try #require(storage.verification.current)
        }
        return answer
    }

    private func held(_ storage: StorageComponent) async throws -> [MailID: Held] {
        try await storage.keeper.read { ledger, _ in try ledger.held(Self.mails) }
    }

    private func segments(_ folder: TestFolder) throws -> [String] {
        try FileManager.default.contentsOfDirectory(atPath: folder.path + "/segments")
    }

    @Test(
        "a verification tells of them, and their copies are wanted again, also of one being written",
        .timeLimit(.minutes(1)), arguments: [false, true])
    func forgets(isActive: Bool) async throws {
        let folder = TestFolder()
        try await withStorage(in: folder) { storage in
            _ = await storage.queues.intake.take(try (1...3).map { try mail($0) })
            try await storage.rowsWritten()
            if !isActive {
                try await storage.keeper.sealFinished(all: true, now: storage.keeper.clock.now)
            }
            let before = try await held(storage)
            // It is open from now on, and could be read without its name.
            for (mail, place) in before {
                _ = try await storage.keeper.read { _, reader in
                    try reader.record(segment: place.segment, offset: place.offset, mail: mail)
                }
            }
            for name in try segments(folder) {
                try FileManager.default.removeItem(atPath: "\(folder.path)/segments/\(name)")
            }
            let answer = try await verify(storage)
            #expect(answer.state == .done && answer.bad == 3, "\(answer)")
            #expect(Set(answer.places.compactMap(\.mail)) == Set(Self.mails))
            #expect(answer.segments == answer.segments_done)
            #expect(try await held(storage).isEmpty)
            let entries = try await storage.keeper.read { ledger, _ in
                try ledger.current(after: (0, 0), visibleOn: Day(number: 0), limit: 9)
            }
            #expect(entries.isEmpty)
            let place = try #require(before[MailID(1)])
            await #expect(throws: (any Error).self) {
                try await storage.keeper.read { _, reader in
                    try reader.record(segment: place.segment, offset: place.offset, mail: nil)
                }
            }
            // They are no news any more, and whoever brings one again finds it wanted.
            #expect(try await verify(storage).bad == 0)
            let results = await storage.queues.intake.take(try (1...3).map { try mail($0) })
            #expect(results.map(\.outcome) == [.kept, .kept, .kept])
            try await storage.rowsWritten()
            #expect(try segments(folder).count == 1)
            let after = try await verify(storage)
            #expect(after.bad == 0 && after.records == 3, "\(after)")
        }
    }

    @Test("what comes back is put back; a folder that is gone makes nothing forgotten")
    func comesBack() async throws {
        let folder = TestFolder()
        try await withStorage(in: folder) { storage in
            _ = await storage.queues.intake.take(try (1...3).map { try mail($0) })
            try await storage.rowsWritten()
            try await storage.keeper.sealFinished(all: true, now: storage.keeper.clock.now)
            let (there, away) = (folder.path + "/segments", folder.path + "/away")
            try FileManager.default.moveItem(atPath: there, toPath: away)
            let failed = try await verify(storage)
            #expect(failed.state == .failed)
            #expect(try await held(storage).count == 3)
            try FileManager.default.createDirectory(
                atPath: there, withIntermediateDirectories: false)
            #expect(try await verify(storage).bad == 3)
            for name in try FileManager.default.contentsOfDirectory(atPath: away) {
                try FileManager.default.moveItem(
                    atPath: "\(away)/\(name)", toPath: "\(there)/\(name)")
            }
            let back = try await verify(storage)
            #expect(back.bad == 0 && back.restored == 3, "\(back)")
            #expect(try await held(storage).count == 3)
        }
    }
}
