// SPDX-License-Identifier: Apache-2.0
// What a start finds in the spool.

internal import HoldfastLedger
internal import HoldfastModel
internal import HoldfastNode
internal import HoldfastSegments

/// One walk over all that the ledger knows of the spool. Blocks.
struct SpoolContents: Sendable {
    private(set) var releases = SpooledReleases()
    let desk: QueueDesk
    let left: [SegmentNumber: Int]
    /// Buried tasks whose records are damaged or gone: they stay buried, and counted.
    let lost: Set<Position>
    /// A mail was acked, and then taken in once more; a ledger that was lost does not know of the ack.
    let superseded: [QueueEntry]
    /// The last that were taken in: where a reply waits for copies, nobody may have been told of them.
    let newest: Newest<QueueEntry>

    private static let entriesAtATime = 4096

    init(of keeper: RecordKeeper) throws {
        desk = try QueueDesk(name: "tasks", keeper: keeper)
        let buried = Set(desk.look(\.buried))
        var lost: Set<Position> = []
        var left: [SegmentNumber: Int] = [:]
        var newest = Newest<QueueEntry>(max: UnsureBook.recoveredMax)
        var position = Position.none
        superseded = try keeper.ledger.superseded()
        let old = Set(superseded.map(\.position))
        while true {
            let entries = try keeper.ledger.entries(from: position, limit: Self.entriesAtATime)
            guard let last = entries.last else { break }
            position = last.position.next
            newest.append(contentsOf: entries.filter { $0.kind == .mail })
            for entry in entries {
                left[entry.segment, default: 0] += 1
                if entry.kind != .mail { releases.add(entry, from: keeper.reader) }
                if buried.contains(entry.position), entry.isLost(to: keeper.reader) {
                    lost.insert(entry.position)
                }
            }
            // Whatever lies here has had no ack that was written down: it is offered again.
            desk.update { book in
                for entry in entries where entry.kind != .order && !old.contains(entry.position) {
                    book.reopen(entry.position)
                }
                for position in old { book.finish(position) }
            }
        }
        self.left = left
        self.lost = lost
        self.newest = newest
        releases.join()
    }
}

extension QueueEntry {
    /// Whether its record cannot be read, now or later.
    fileprivate func isLost(to reader: SegmentReader) -> Bool {
        do throws(SegmentError) {
            _ = try reader.record(segment: segment, offset: offset, mail: mail)
            return false
        } catch .disk {
            return false
        } catch {
            return true
        }
    }
}
