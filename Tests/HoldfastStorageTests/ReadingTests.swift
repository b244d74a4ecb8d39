// SPDX-License-Identifier: Apache-2.0

import Foundation
import HoldfastLedger
import HoldfastModel
import HoldfastNode
import HoldfastSegments
import Testing

@testable import HoldfastStorage

@Suite("Reading what lies at a place")
struct ReadingTests {
    @Test("D5: a damaged copy is counted until the mail is offered again and takes its place")
    func healed() async throws {
        let folder = TestFolder()
        let read = LeaseRequest(itemsMax: 1, bytesMax: 1 << 20, waitSeconds: 5)
        let place = try await withStorage(in: folder) { storage in
            _ = await storage.queues.intake.take([try mail(1)])
            _ = try await storage.queues.lease(from: "index", read)
            let held = try await storage.keeper.read { ledger, _ in try ledger.held([MailID(1)]) }
            return try #require(held[MailID(1)])
        }
        let segments = folder.path + "/segments/"
        let name = try #require(
            try FileManager.default.contentsOfDirectory(atPath: segments).first)
        let file = try #require(FileHandle(forUpdatingAtPath: segments + name))
        try file.seek(toOffset: place.offset + 200)
        try file.write(contentsOf: Data("damage".utf8))
        try file.close()
        try await withStorage(in: folder) { storage in
            let again = await storage.queues.intake.take([try mail(1)])
            #expect(again.map(\.outcome) == [.kept])
            try await storage.rowsWritten()
            #expect(storage.keeper.damage.count == 0)
            _ = try await storage.queues.lease(from: "index", read)
            let held = try await storage.keeper.read { ledger, _ in try ledger.held([MailID(1)]) }
            let healed = try #require(held[MailID(1)])
            #expect(healed.segment != place.segment)
            _ = try await storage.keeper.read { _, reader in
                try reader.record(
                    segment: healed.segment, offset: healed.offset, mail: MailID(1))
            }
        }
    }

    /// Found by holdfast-simulate, seed 95 of its first form: nobody reads what lies at a place whose slip
    /// the ledger knows, so the mail was held for ever by a record that could not be shipped.
    @Test("D5: a copy that is known to be damaged is not held, although its slip is known")
    func knownDamage() async throws {
        try await withStorage { storage in
            _ = await storage.queues.intake.take([try mail(1)])
            try await storage.keeper.note(
                .slip(
                    Slip(
                        copiesWanted: 1, keepUntil: storage.keeper.clock.now.day.advanced(by: 7),
                        gateways: ["g", "h"]), of: MailID(1)))
            let held = try await storage.keeper.read { ledger, _ in try ledger.held([MailID(1)]) }
            let place = try #require(held[MailID(1)])
            let before = await storage.queues.intake.take([try mail(1)])
            #expect(before.map(\.outcome) == [.alreadyHeld])
            storage.keeper.damage.note(segment: place.segment, offset: place.offset)
            let again = await storage.queues.intake.take([try mail(1)])
            #expect(again.map(\.outcome) == [.kept])
            try await storage.rowsWritten()
            #expect(storage.keeper.damage.count == 0)
        }
    }

    @Test(
        "D11: a place that cannot be is no record, whatever its numbers",
        arguments: [UInt64.max, UInt64.max - 8, 1 << 63, 1 << 62, 1 << 60, 1 << 40] as [UInt64])
    func impossible(_ offset: UInt64) async throws {
        try await withStorage { storage in
            _ = await storage.queues.intake.take([try mail(1)])
            // What is noted now is noted after the row of the mail.
            try await storage.rowsWritten()
            let segments = try await storage.keeper.read { ledger, _ in try ledger.segments() }
            let segment = try #require(segments.first?.segment)
            await #expect(throws: SegmentError.damaged(segment: segment, offset: offset)) {
                try await storage.keeper.read { _, reader in
                    _ = try reader.record(segment: segment, offset: offset, mail: nil)
                }
            }
        }
    }
}
