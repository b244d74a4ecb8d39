// SPDX-License-Identifier: Apache-2.0
// One release as a value: what attempts, crashes and time make of it.

import HoldfastModel
import HoldfastSMTP
import Testing

@testable import HoldfastGateway

@Suite struct ReleaseTests {
    private let rules = ReleaseRules()
    private let place = Release.Place(position: Position(run: 1, number: 9), segment: 1)

    private func release(_ recipients: Int = 3) -> Release {
        let order = Order(
            id: MailID(1), mail: MailID(2), gateway: "g", sender: "a@x.example",
            recipients: (0..<recipients).map { "r\($0)@y.example" },
            ordered: Timestamp(milliseconds: 0), by: "me")
        return Release(
            order, taken: Timestamp(milliseconds: 0),
            slip: Slip(copiesWanted: 1, keepUntil: Day(number: 60)),
            source: .init(
                order: MailID(1), position: Position(run: 1, number: 1), segment: 1, offset: 0))
    }

    private let ok = Reply(250, "2.0.0", "ok")
    private let later = Reply(450, "4.2.0", "busy")
    private let no = Reply(550, "5.1.1", "nobody")

    @Test("each recipient's final result stays; the others are tried again")
    func keepsResults() {
        var release = release()
        let hasNews = release.take([0: .sent(ok), 1: .tryLater(later), 2: .refused(no)])
        #expect(hasNews)
        #expect(release.open == [1])
        #expect(release.lastReply == "450 4.2.0 busy")
        let hasMoreNews = release.take([1: .tryLater(later)])
        #expect(!hasMoreNews)
        release.take([0: .refused(no), 1: .inDoubt])
        #expect(release.results.map { $0?.outcome } == [.sent, .inDoubt, .refused])
        #expect(release.isSettled)
    }

    @Test("the wait doubles from a minute to half an hour")
    func waits() {
        let waits = (1...7).map { rules.wait(afterAttempts: $0) / 1000 }
        #expect(waits == [60, 120, 240, 480, 960, 1800, 1800])
    }

    @Test("after two days the last reply counts")
    func givesUp() {
        var release = release(2)
        release.take([0: .sent(ok), 1: .tryLater(later)])
        release.giveUp(rules, now: Timestamp(milliseconds: 172_799_000))
        #expect(release.open == [1])
        release.giveUp(rules, now: Timestamp(milliseconds: 172_800_000))
        #expect(release.results[1]?.outcome == .refused)
        #expect(release.results[1]?.reply == "450 4.2.0 busy")
    }

    @Test("who was in flight when the gateway stopped is in doubt; the others are not")
    func resumes() throws {
        var before = release()
        let mark = before.mark(
            inFlight: [0], attempt: [2: .refused(no), 1: .tryLater(later)], lineEndsChanged: true)
        let read = try #require(try ReleaseMark(decoding: mark.encoded[...]))
        #expect(read.inFlight == [0])
        var after = release()
        after.resume(from: read, at: place)
        #expect(after.results.map { $0?.outcome } == [.inDoubt, nil, .refused])
        #expect(after.results[2]?.reply == "550 5.1.1 nobody")
        #expect(after.results[2]?.recipient == "r2@y.example")
        #expect(after.lineEndsChanged)
        #expect(after.marks == 1)
    }

    @Test("the last mark counts, in whatever order they are read")
    func takesLastMark() {
        var before = release(2)
        let first = before.mark(inFlight: [0, 1], lineEndsChanged: false)
        before.take([0: .sent(ok), 1: .tryLater(later)])
        let second = before.mark(inFlight: [], lineEndsChanged: false)
        for marks in [[first, second], [second, first]] {
            var after = release(2)
            for mark in marks { after.resume(from: mark, at: place) }
            #expect(after.results.map { $0?.outcome } == [.sent, nil])
            #expect(after.places.count == 3)
        }
    }

    @Test("a mark is told from an order")
    func tellsMarks() throws {
        #expect(try ReleaseMark(decoding: release().order.encoded[...]) == nil)
        #expect(throws: RecordError.self) { try ReleaseMark(decoding: [32, 2, 1, 1]) }
    }

    @Test("an order has one note, and a mark for each number")
    func derivesIDs() {
        #expect(MailID.note(of: MailID(1)) == .note(of: MailID(1)))
        #expect(MailID.note(of: MailID(1)) != .note(of: MailID(2)))
        #expect(MailID.mark(1, of: MailID(1)) != .mark(2, of: MailID(1)))
    }

    @Test("an order is known for a day after its note is safe")
    func isForgotten() {
        var release = release()
        let end = Timestamp(milliseconds: 1000)
        #expect(!release.isForgettable(rules, now: end.advanced(bySeconds: 90_000)))
        release.noted(at: end, place)
        #expect(!release.isForgettable(rules, now: end.advanced(bySeconds: 90_000)))
        release.noteIsSafe = true
        #expect(!release.isForgettable(rules, now: end.advanced(bySeconds: 86_399)))
        #expect(release.isForgettable(rules, now: end.advanced(bySeconds: 86_400)))
    }
}
