// SPDX-License-Identifier: Apache-2.0

import HoldfastLedger
import HoldfastModel
import HoldfastNode
import HoldfastSegments
import Testing

@testable import HoldfastStorage

@Suite("Reading what lies at a place")
struct ReadingTests {
    @Test(
        "D11: a place that cannot be is no record, whatever its numbers",
        arguments: [UInt64.max, UInt64.max - 8, 1 << 63, 1 << 62, 1 << 60, 1 << 40] as [UInt64])
    func impossible(_ offset: UInt64) async throws {
        try await withStorage { storage in
            _ = await storage.queues.intake.take([try mail(1)])
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
