// SPDX-License-Identifier: Apache-2.0
// A kept message that is too large to be held, as it goes out piece by piece.

package import HoldfastModel
internal import HoldfastSegments
internal import Synchronization

extension RecordKeeper {
    /// Reads a record's message piece by piece. When all of it was read in order and is not what was
    /// written, the damage is counted; whoever receives it checks for himself, and says no.
    package func pieces(
        of record: Record, segment: SegmentNumber, offset: UInt64
    ) -> MessagePieces {
        let check = RunningChecksum(record.header.message)
        return { [self] start, count in
            let piece = try await read { _, reader in
                try reader.messagePart(
                    of: record, segment: segment, offset: offset, from: start, count: count)
            }
            if !check.take(piece, at: start) { damage.note(segment: segment, offset: offset) }
            return piece
        }
    }
}

/// Follows a section while it is read in order.
private final class RunningChecksum: Sendable {
    private struct State {
        var next: UInt64 = 0
        var checksum: UInt32 = 0
    }

    private let section: Section
    private let state = Mutex(State())

    init(_ section: Section) {
        self.section = section
    }

    /// False when this is the end of the section, or of its file, and it is not what was written.
    func take(_ piece: ArraySlice<UInt8>, at start: UInt64) -> Bool {
        state.withLock { state in
            // Whoever reads here and there checks for himself.
            guard start == state.next, start < section.bytes else { return true }
            state.next += UInt64(piece.count)
            state.checksum = crc32c(piece, from: state.checksum)
            if state.next >= section.bytes { return state.checksum == section.checksum }
            return !piece.isEmpty
        }
    }
}
