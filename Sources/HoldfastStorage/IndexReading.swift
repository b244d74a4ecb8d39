// SPDX-License-Identifier: Apache-2.0
// Reading what one lease of the queue `index` may ship.

internal import HoldfastLedger
internal import HoldfastModel
internal import HoldfastSegments

extension IndexQueue {
    /// The records of a claim, as far as they fit and can be read. Blocks.
    struct Reading: Sendable {
        /// What is shipped, in its order: what is shipped again first.
        private(set) var records: [(entry: QueueEntry, record: Record)] = []
        /// Damaged, or not what the ledger says.
        private(set) var unreadable: [(entry: QueueEntry, error: SegmentError)] = []
        /// What the disk did not give, and why: it waits, and all behind it.
        private(set) var delayed: (entry: QueueEntry, error: SegmentError)?
        /// The last entry in order that was looked at.
        private(set) var lastNew: Position?
        /// To be shipped again, and not there any more.
        private(set) var gone: [Position] = []

        init(
            _ claim: IndexBook.Claim, besides buried: [Position: String], bytesMax: Int,
            _ ledger: Ledger, _ reader: SegmentReader
        ) throws {
            var again = claim.again.isEmpty ? [] : try ledger.entries(at: claim.again)
            gone = Array(Set(claim.again).subtracting(again.map(\.position)))
            if gone.contains(claim.held), let last = try ledger.lastEntry(upTo: claim.held) {
                // It has expired, and asks no more whether the DAL still holds all: another must.
                again.append(last)
            }
            // What was brought since then may be another gateway's too, and wants its ack.
            let held = again.isEmpty ? [:] : try ledger.held(again.map(\.mail))
            let new = try ledger.entries(
                from: claim.from, limit: max(0, claim.itemsMax - again.count))
            var bytes = 0
            for entry in again + new {
                // What is read now is held until it is shipped.
                bytes += Int(clamping: min(entry.length, SegmentReader.wholeMessageBytesMax))
                guard bytes <= bytesMax || records.isEmpty else { return }
                if buried[entry.position] == nil {
                    let known = held[entry.mail].flatMap {
                        $0.position == entry.position ? $0 : nil
                    }
                    try read(entry, slip: known?.joinedSlip, reader)
                }
                guard delayed == nil else { return }
                if entry.position >= claim.from { lastNew = entry.position }
            }
        }

        /// - Parameter slip: what was joined with that of the record since it was written.
        private mutating func read(
            _ entry: QueueEntry, slip: Slip?, _ reader: SegmentReader
        ) throws {
            do throws(SegmentError) {
                var record = try reader.record(
                    segment: entry.segment, offset: entry.offset, mail: entry.mail)
                if let slip { record.setSlip(slip) }
                records.append((entry, record))
            } catch .disk(let error) {
                delayed = (entry, .disk(error))
            } catch {
                unreadable.append((entry, error))
            }
        }
    }
}
