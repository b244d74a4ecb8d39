// SPDX-License-Identifier: Apache-2.0
// Marks and notes of releases, written into the spool and read back.

internal import HoldfastLedger
internal import HoldfastModel
internal import HoldfastNode
internal import HoldfastSMTP
internal import HoldfastSegments
internal import Logging

/// Appends what must survive a crash about a release: on return it would.
struct ReleaseJournal: Sendable {
    let keeper: RecordKeeper
    let logger: Logger

    /// Writes down how far a release is; false when that is not possible.
    func mark(
        _ release: inout Release, inFlight: [Int], attempt: [Int: Delivery.Result] = [:],
        lineEndsChanged: Bool
    ) async -> Bool {
        let mark = release.mark(
            inFlight: inFlight, attempt: attempt, lineEndsChanged: lineEndsChanged)
        let header = RecordHeader(
            kind: .order, mail: .mark(mark.number, of: mark.order), received: keeper.clock.now,
            keepUntil: release.slip.keepUntil)
        guard let place = await append(header, release.slip, mark.encoded) else { return false }
        release.marked(at: place)
        return true
    }

    /// Writes the note, by which a release ends; false when that is not possible.
    func note(_ release: inout Release, sentTo: String) async -> Bool {
        let now = keeper.clock.now
        let note = release.note(at: now, sentTo: sentTo)
        let header = RecordHeader(
            kind: .note, mail: note.id, received: now, keepUntil: release.slip.keepUntil)
        guard let place = await append(header, release.slip, note.encoded) else { return false }
        release.noted(at: now, place)
        return true
    }

    private func append(
        _ header: RecordHeader, _ slip: Slip, _ summary: [UInt8]
    ) async -> Release.Place? {
        var record = Record(header)
        record.setSlip(slip)
        record.setSummary(summary[...])
        let offer = RecordKeeper.Offer(Appendable(record), keepClass: .untilAcked)
        switch await keeper.keep([offer])[0] {
        case .success(.placed(let place)):
            return Release.Place(position: place.position, segment: place.segment)
        case .success(.held(let held)):
            return Release.Place(position: held.position, segment: held.segment)
        case .failure(let error):
            logger.error("Release not noted", metadata: ["error": "\(error)"])
            return nil
        }
    }
}

/// The releases that lie in a spool, as a start finds them.
struct SpooledReleases {
    private(set) var releases: [MailID: Release] = [:]
    /// Records that are left of releases whose orders are gone.
    private(set) var orphans: [Release.Place] = []
    private(set) var unreadable: [QueueEntry] = []
    private var marks: [(mark: ReleaseMark, place: Release.Place)] = []
    private var notes: [MailID: (at: Timestamp, place: Release.Place)] = [:]

    /// Takes an order, a mark or a note.
    mutating func add(_ entry: QueueEntry, from reader: SegmentReader) {
        do {
            let record = try reader.record(
                segment: entry.segment, offset: entry.offset, mail: entry.mail)
            try add(record, entry)
        } catch {
            unreadable.append(entry)
        }
    }

    private mutating func add(_ record: Record, _ entry: QueueEntry) throws {
        let place = Release.Place(position: entry.position, segment: entry.segment)
        if entry.kind == .note {
            notes[entry.mail] = (try Note(id: entry.mail, decoding: record.summary).at, place)
        } else if let mark = try ReleaseMark(decoding: record.summary) {
            marks.append((mark, place))
        } else {
            let order = try Order(id: entry.mail, decoding: record.summary)
            releases[order.id] = Release(
                order, taken: record.header.received, slip: try Slip(decoding: record.slip),
                source: Release.Source(
                    order: order.id, position: entry.position, segment: entry.segment,
                    offset: entry.offset))
        }
    }

    /// To be called when all records were added.
    mutating func join() {
        for (mark, place) in marks.sorted(by: { $0.mark.number < $1.mark.number }) {
            if releases[mark.order] == nil { orphans.append(place) }
            releases[mark.order]?.resume(from: mark, at: place)
        }
        for order in releases.keys {
            guard let note = notes[.note(of: order)] else { continue }
            releases[order]?.noted(at: note.at, note.place)
        }
    }
}
