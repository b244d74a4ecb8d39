// SPDX-License-Identifier: Apache-2.0

import HoldfastDisk
import HoldfastModel
import HoldfastSegments
import Testing

/// A folder of segments on a disk that breaks, over several runs.
struct Bench {
    let disk = SimulatedDisk()
    let folder = "data/segments"
    static let now = Timestamp(milliseconds: 1_795_000_000_000)
    static let week = KeepClass(days: 7)

    func store(run: UInt32) throws -> SegmentStore {
        try SegmentStore(
            folder: folder, owner: SegmentOwner(node: NodeID(1), disk: DiskID(2), run: run),
            on: disk)
    }

    static func record(_ number: Int, bytes: Int = 300) -> Appendable {
        let message = (0..<bytes).map { UInt8(truncatingIfNeeded: $0 &* 7 &+ number) }
        var record = Record(
            RecordHeader(
                kind: .mail, mail: MailID(UInt128(number)), received: now,
                keepUntil: now.day.advanced(by: 7)))
        record.setSlip(Slip(copiesWanted: 1, keepUntil: now.day.advanced(by: 7)))
        record.setEnvelope(Envelope(sender: "s\(number)@x", recipients: ["r@y"]).encoded[...])
        record.setMessage(message[...])
        return Appendable(record)
    }

    /// What recovery finds, sealing everything that was left.
    func recovered() throws -> [MailID: Placed] {
        var found: [MailID: Placed] = [:]
        let segments = SegmentFolder(folder, on: disk)
        let files = try segments.files()
        for file in files {
            if try segments.removeIfUnborn(file) { continue }
            if file.isSealed {
                _ = try segments.records(of: file, from: nil) {
                    found[$0.record.header.mail] = $0.place
                }
            } else {
                let fence = try segments.fence(of: file, among: files)
                _ = try segments.sealLeftover(file, durable: 0, fence: fence, now: Self.now) {
                    found[$0.record.header.mail] = $0.place
                }
            }
        }
        return found
    }
}

@Suite("Segments")
struct SegmentTests {
    @Test("of each record it is known when its batch was written, however large the batch is")
    func written() throws {
        let bench = Bench()
        let store = try bench.store(run: 1)
        let reader = SegmentReader(folder: bench.folder, on: bench.disk)
        for turn in 0..<3 {
            let time = Bench.now.advanced(bySeconds: Int64(turn) * 60)
            let records = (1...5).map { Bench.record(turn * 5 + $0, bytes: $0 * 300_000) }
            for place in try store.append(records[...], to: Bench.week, now: time) {
                let written = try reader.written(segment: place.segment, offset: place.offset)
                #expect(written == time)
            }
        }
        let first = try #require(store.active.first)
        #expect(throws: SegmentError.self) {
            _ = try reader.written(segment: first.segment, offset: first.end + (64 << 20))
        }
    }

    @Test("what was appended is read back at its place, active and sealed")
    func readBack() throws {
        let bench = Bench()
        let store = try bench.store(run: 1)
        let records = (1...20).map { Bench.record($0, bytes: $0 * 1000) }
        let placed = try store.append(records[...], to: Bench.week, now: Bench.now)
        #expect(placed.map(\.position.number) == Array(1...20))
        let reader = SegmentReader(folder: bench.folder, on: bench.disk)
        for _ in 0..<2 {
            for (item, place) in zip(records, placed) {
                let read = try reader.record(
                    segment: place.segment, offset: place.offset, mail: item.record.header.mail)
                #expect(read.message == item.record.message)
                #expect(read.header.position == place.position)
            }
            try store.sealFinished(all: true, now: Bench.now)
        }
        let found = try bench.recovered()
        #expect(found.count == 20)
        for (item, place) in zip(records, placed) {
            #expect(found[item.record.header.mail] == place)
        }
    }

    @Test("another mail at a place, and a place in no segment, are told apart from damage")
    func wrongPlaces() throws {
        let bench = Bench()
        let place = try bench.store(run: 1).append(
            [Bench.record(1)], to: Bench.week, now: Bench.now)[0]
        let reader = SegmentReader(folder: bench.folder, on: bench.disk)
        #expect(throws: SegmentError.otherMail(segment: place.segment, offset: place.offset)) {
            try reader.record(segment: place.segment, offset: place.offset, mail: MailID(2))
        }
        #expect(throws: SegmentError.absent(99)) {
            try reader.record(segment: 99, offset: place.offset, mail: nil)
        }
        #expect(throws: SegmentError.damaged(segment: place.segment, offset: 12_345)) {
            try reader.record(segment: place.segment, offset: 12_345, mail: nil)
        }
    }

    @Test("D1, D2: one sync for a batch of any size, and no answer before it")
    func oneSync() throws {
        let bench = Bench()
        let store = try bench.store(run: 1)
        _ = try store.append([Bench.record(0)], to: Bench.week, now: Bench.now)
        let before = bench.disk.written.syncs
        _ = try store.append(
            (1...200).map { Bench.record($0) }[...], to: Bench.week, now: Bench.now)
        #expect(bench.disk.written.syncs == before + 1)
        bench.disk.powerCut(keepUnsynced: false)
        #expect(try bench.recovered().count == 201)
    }

    @Test("D1: after a failed sync nothing of the batch counts, and the next one goes elsewhere")
    func failedSync() throws {
        let bench = Bench()
        let store = try bench.store(run: 1)
        let first = try store.append([Bench.record(1)], to: Bench.week, now: Bench.now)[0]
        bench.disk.set(.failSync(after: 0))
        #expect(throws: SegmentError.self) {
            try store.append([Bench.record(2)], to: Bench.week, now: Bench.now)
        }
        let third = try store.append([Bench.record(3)], to: Bench.week, now: Bench.now)[0]
        #expect(third.segment != first.segment)
        #expect(third.position.number == 3)
        // Even if the lost batch reached the disk after all, it lies behind the fence.
        bench.disk.powerCut(keepUnsynced: true)
        #expect(Set(try bench.recovered().keys) == [MailID(1), MailID(3)])
    }

    @Test("D1: every fence of a run is remembered, however many there are, and in whatever class")
    func severalFailedSyncs() throws {
        let bench = Bench()
        let store = try bench.store(run: 1)
        let classes = [Bench.week, KeepClass(days: 30)]
        var answered: Set<MailID> = []
        func append(_ number: Int, _ keepClass: KeepClass) throws {
            let item = Bench.record(number)
            _ = try store.append([item], to: keepClass, now: Bench.now)
            answered.insert(item.record.header.mail)
        }
        for round in 0..<3 {
            for (index, keepClass) in classes.enumerated() {
                try append(100 * round + 10 * index, keepClass)
            }
            // Both classes fail before anything can be written again.
            for (index, keepClass) in classes.enumerated() {
                bench.disk.set(.failSync(after: 0))
                #expect(throws: SegmentError.self) {
                    try append(100 * round + 10 * index + 1, keepClass)
                }
            }
        }
        try append(999, Bench.week)
        bench.disk.powerCut(keepUnsynced: true)
        #expect(Set(try bench.recovered().keys) == answered)
    }

    @Test("a disk that fails again and again is left alone until the next start")
    func fencedTooOften() throws {
        let bench = Bench()
        let store = try bench.store(run: 1)
        for number in 0..<Fence.fencesMax {
            bench.disk.set(.failSync(after: 0))
            #expect(throws: SegmentError.self) {
                try store.append([Bench.record(number)], to: Bench.week, now: Bench.now)
            }
        }
        bench.disk.set(nil)
        #expect(throws: SegmentError.fencedTooOften) {
            try store.append([Bench.record(999)], to: Bench.week, now: Bench.now)
        }
        let next = try bench.store(run: 2)
        _ = try next.append([Bench.record(999)], to: Bench.week, now: Bench.now)
    }

    @Test("D5: power cut after any byte: what was answered is there, and recovery can be repeated")
    func cutAfterEveryByte() throws {
        let whole = Bench()
        let probe = try whole.store(run: 1)
        for number in 1...3 {
            _ = try probe.append([Bench.record(number)], to: Bench.week, now: Bench.now)
        }
        let total = whole.disk.written.bytes
        for cut in stride(from: 0, through: total, by: 7) {
            for keepUnsynced in [false, true] {
                let bench = Bench()
                bench.disk.set(.cutAfter(bytes: cut))
                var answered: Set<MailID> = []
                do {
                    let store = try bench.store(run: 1)
                    for number in 1...3 {
                        let item = Bench.record(number)
                        _ = try store.append([item], to: Bench.week, now: Bench.now)
                        answered.insert(item.record.header.mail)
                    }
                } catch {
                    #expect(error is SegmentError)
                }
                bench.disk.powerCut(keepUnsynced: keepUnsynced)
                let found = try bench.recovered()
                #expect(answered.isSubset(of: found.keys), "cut after \(cut) bytes")
                #expect(try bench.recovered() == found, "recovery after a cut at \(cut)")
            }
        }
    }

    @Test("D5: damage below the durable mark is reported, never cut, and its neighbours stay good")
    func damageBelowTheMark() throws {
        let bench = Bench()
        let store = try bench.store(run: 1)
        var placed: [Placed] = []
        for number in 1...3 {
            let batch = [Bench.record(10 * number), Bench.record(10 * number + 1)]
            placed += try store.append(batch[...], to: Bench.week, now: Bench.now)
        }
        let file = try #require(try SegmentFolder(bench.folder, on: bench.disk).files().first)
        // A bit of the first record's message in the second batch.
        bench.disk.flipBit(in: file.path, at: Int(placed[2].offset + placed[2].length) - 20)
        let segments = SegmentFolder(bench.folder, on: bench.disk)
        var found: Set<MailID> = []
        let report = try segments.sealLeftover(file, durable: 0, fence: nil, now: Bench.now) {
            found.insert($0.record.header.mail)
        }
        #expect(found == [10, 11, 21, 30, 31].map(MailID.init).reduce(into: []) { $0.insert($1) })
        #expect(report.damaged == [placed[2].offset..<placed[2].offset + placed[2].length])
        #expect(report.torn == nil)
    }

    @Test(
        "D5: a header that cannot be read costs its own record, not those behind it in the batch",
        arguments: [false, true])
    func damagedHeader(isSealed: Bool) throws {
        let bench = Bench()
        let store = try bench.store(run: 1)
        let batch = (1...5).map { Bench.record($0) }
        let placed = try store.append(batch[...], to: Bench.week, now: Bench.now)
        _ = try store.append([Bench.record(6)], to: Bench.week, now: Bench.now)
        if isSealed { try store.sealFinished(all: true, now: Bench.now) }
        let segments = SegmentFolder(bench.folder, on: bench.disk)
        let file = try #require(try segments.files().first)
        for bad in [0, 1, 3] {
            bench.disk.flipBit(in: file.path, at: Int(placed[bad].offset) + 20)
        }
        var found: [MailID] = []
        let report = try segments.records(of: file, from: nil) {
            found.append($0.record.header.mail)
        }
        #expect(found == [3, 5, 6].map(MailID.init))
        #expect(
            report.damaged == [
                placed[0].offset..<placed[2].offset, placed[3].offset..<placed[4].offset,
            ])
    }

    @Test(
        "D5: a segment of whose header neither copy can be read is read by its batches",
        arguments: [false, true])
    func neitherHeader(isSealed: Bool) throws {
        let bench = Bench()
        let store = try bench.store(run: 1)
        for number in 1...3 {
            _ = try store.append([Bench.record(number)], to: Bench.week, now: Bench.now)
        }
        if isSealed { try store.sealFinished(all: true, now: Bench.now) }
        let segments = SegmentFolder(bench.folder, on: bench.disk)
        let file = try #require(try segments.files().first)
        let header = try segments.header(of: file)
        for place in [40, SegmentFormat.blockBytes + 40] {
            bench.disk.flipBit(in: file.path, at: place)
        }
        let instead = try segments.header(of: file)
        #expect(instead.node == header.node && instead.number == header.number)
        #expect(instead.run == header.run && instead.day == header.day)
        #expect(try !segments.removeIfUnborn(file))
        #expect(Set(try bench.recovered().keys) == Set([1, 2, 3].map(MailID.init)))
        let sealed = try #require(try segments.files().first)
        #expect(try segments.contents(of: sealed)?.lines.count == 3)
    }

    @Test("D5: a record within a message is not taken for one of the segment's own")
    func recordWithinAMessage() throws {
        let bench = Bench()
        let inner = Bench.record(99).record.encoded
        var outer = Bench.record(1).record
        outer.setMessage((inner + inner)[...])
        let store = try bench.store(run: 1)
        let batch = [Appendable(outer), Bench.record(2)]
        let placed = try store.append(batch[...], to: Bench.week, now: Bench.now)
        _ = try store.append([Bench.record(3)], to: Bench.week, now: Bench.now)
        let segments = SegmentFolder(bench.folder, on: bench.disk)
        let file = try #require(try segments.files().first)
        bench.disk.flipBit(in: file.path, at: Int(placed[0].offset) + 20)
        var found: [MailID] = []
        _ = try segments.records(of: file, from: nil) { found.append($0.record.header.mail) }
        #expect(found == [2, 3].map(MailID.init))
    }

    @Test(
        "D5: a sealed segment that was cut short is found out by the table at its end",
        arguments: [1, 4096, 8192, 12_288])
    func cutShort(bytes: UInt64) throws {
        let bench = Bench()
        let store = try bench.store(run: 1)
        for number in 1...3 {
            _ = try store.append([Bench.record(number)], to: Bench.week, now: Bench.now)
        }
        try store.sealFinished(all: true, now: Bench.now)
        let segments = SegmentFolder(bench.folder, on: bench.disk)
        let file = try #require(try segments.files().first)
        #expect(try segments.records(of: file, from: nil) { _ in }.damaged.isEmpty)
        let open = try bench.disk.open(file.path, forWriting: true)
        try open.truncate(to: try open.size() - bytes)
        #expect(try segments.records(of: file, from: nil) { _ in }.damaged.count == 1)
    }

    @Test("a file that may not be read is not taken for one that is not there")
    func unreadable() throws {
        let bench = Bench()
        let place = try bench.store(run: 1).append(
            [Bench.record(1)], to: Bench.week, now: Bench.now)[0]
        let reader = SegmentReader(folder: bench.folder, on: bench.disk)
        let refusal = DiskError.failed(operation: "opening", path: "x", errno: 13)
        bench.disk.set(.failOpen(refusal))
        #expect(throws: SegmentError.disk(refusal)) {
            try reader.record(segment: place.segment, offset: place.offset, mail: nil)
        }
        bench.disk.set(nil)
        _ = try reader.record(segment: place.segment, offset: place.offset, mail: nil)
    }

    @Test("D10: a full disk is told before anything is written")
    func full() throws {
        let bench = Bench()
        let store = try bench.store(run: 1)
        _ = try store.append([Bench.record(1)], to: Bench.week, now: Bench.now)
        bench.disk.set(.full)
        let before = bench.disk.written.bytes
        #expect(throws: SegmentError.full(free: 0, reserve: 256 << 20)) {
            try store.append([Bench.record(2)], to: Bench.week, now: Bench.now)
        }
        #expect(bench.disk.written.bytes == before)
        bench.disk.set(nil)
        _ = try store.append([Bench.record(3)], to: Bench.week, now: Bench.now)
    }

    @Test("D3: a later run opens another segment, under a number that was never given")
    func runs() throws {
        let bench = Bench()
        let first = try bench.store(run: 1).append(
            [Bench.record(1)], to: Bench.week, now: Bench.now)[0]
        let second = try bench.store(run: 2).append(
            [Bench.record(2)], to: Bench.week, now: Bench.now)[0]
        #expect(first.segment == 1_000_001)
        #expect(second.segment == 2_000_001)
        #expect(first.position < second.position)
    }

    @Test("D8: a segment holds one class and one day")
    func classesAndDays() throws {
        let bench = Bench()
        let store = try bench.store(run: 1)
        let tomorrow = Timestamp(milliseconds: Bench.now.milliseconds + 86_400_000)
        let week = try store.append([Bench.record(1)], to: Bench.week, now: Bench.now)[0]
        let month = try store.append([Bench.record(2)], to: KeepClass(days: 30), now: Bench.now)[0]
        let later = try store.append([Bench.record(3)], to: Bench.week, now: tomorrow)[0]
        #expect(Set([week.segment, month.segment, later.segment]).count == 3)
        let today = Bench.now.day
        let classes = [0, 7, 8, 60, 61, 400].map {
            KeepClass(keepUntil: today.advanced(by: $0), today: today).days
        }
        #expect(classes == [7, 7, 30, 60, 400, 400])
    }
}
