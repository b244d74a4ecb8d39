// SPDX-License-Identifier: Apache-2.0
// A search in segments that nobody serves: an unplugged disk, a backup.

internal import HoldfastCatalog
internal import HoldfastMIME
internal import HoldfastModel
internal import HoldfastNode
internal import HoldfastSegments

/// Reads every record's header sections, and its message where the query asks for the body's words.
/// Blocks; what is kept of each mail that matches is its place.
struct SegmentSearch: Sendable {
    let files: SegmentFiles
    let keys: KeyRing

    private static let foundMax = 20_000_000
    private static let wordsOctetsMax = 8 << 20

    struct Found: Hashable, Sendable {
        var received: Timestamp
        var mail: MailID
        var place: SegmentFiles.Place
    }

    /// What a search came to.
    struct Result: Sendable {
        /// Newest first; copies of one mail beside each other.
        var found: [Found] = []
        var notices: [String] = []
    }

    func search(_ condition: Condition) throws -> Result {
        var result = Result()
        var locked = 0
        try files.eachRecord { record, place in
            guard record.header.kind == .mail,
                try matches(record, at: place, condition, &locked)
            else { return }
            guard result.found.count < Self.foundMax else {
                throw Failure(
                    .badQuery, "more than \(Self.foundMax) copies match: ask for fewer")
            }
            result.found.append(
                Found(received: record.header.received, mail: record.header.mail, place: place))
        } unreadable: {
            result.notices.append("\($0): \($1)")
        }
        if locked > 0 {
            result.notices.append(
                "\(locked) encrypted mails were searched without their text (see --key-file)")
        }
        result.found.sort { ($0.received, $0.mail) > ($1.received, $1.mail) }
        return result
    }

    private func matches(
        _ record: Record, at place: SegmentFiles.Place, _ condition: Condition,
        _ locked: inout Int
    ) throws -> Bool {
        // A record that was never a mail of ours matches nothing.
        guard var view = try? MailView(record) else { return false }
        if let answer = view.matches(condition) { return answer }
        if view.words == nil {
            do {
                view.words = try words(of: record.header.mail, at: place)
            } catch CodecError.keyAbsent {
                locked += 1
                view.words = ""
            } catch is CodecError {
                view.words = ""
            } catch is SegmentError {
                view.words = ""
            }
        }
        return view.matches(condition) == true
    }

    private func words(of mail: MailID, at place: SegmentFiles.Place) throws -> String {
        let (record, reader) = try files.record(at: place, mail: mail)
        let octets = try reader.octets(
            of: record, segment: place.segment, offset: place.offset, key: key(of: record.header),
            upTo: Self.wordsOctetsMax)
        return MessageReader.words(of: octets)
    }

    private func key(of header: RecordHeader) throws(CodecError) -> MailKey? {
        header.encrypted ? try keys.key(header.keyNumber, for: header.mail) : nil
    }

    /// The mail at a place as it is shown.
    func answer(_ found: Found, copies: Int) throws -> MailAnswer {
        let (record, _) = try files.record(at: found.place, mail: found.mail)
        let view = try MailView(record)
        let slip = try Slip(decoding: record.slip)
        return MailAnswer(
            record.header, view.summary ?? Summary(),
            view.envelope ?? Envelope(sender: "", recipients: []), copies: copies,
            copiesWanted: slip.copiesWanted, keepUntil: record.header.keepUntil)
    }
}

extension SegmentSearch.Result {
    /// Each mail once, with all places of its copies.
    var mails: [[SegmentSearch.Found]] {
        found.reduce(into: []) { mails, found in
            if mails.last?.first?.mail == found.mail {
                mails[mails.count - 1].append(found)
            } else {
                mails.append([found])
            }
        }
    }
}
