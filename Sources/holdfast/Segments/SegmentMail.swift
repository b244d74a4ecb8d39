// SPDX-License-Identifier: Apache-2.0
// One mail from segments that nobody serves.

internal import Crypto
internal import HoldfastCatalog
internal import HoldfastModel
internal import HoldfastNode
internal import HoldfastSegments

/// A mail's octets and what is known of it, from whichever copy is whole. Blocks.
struct SegmentMail: Sendable {
    let mail: MailAnswer
    let octets: MessageOctets
    /// Copies that could not be read, and why.
    let notices: [String]

    private static let octetsMax = 1 << 30

    /// - Parameter id: the id, or the beginning of it.
    init(_ id: String, in files: SegmentFiles, keys: KeyRing) throws {
        guard let range = MailID.range(ofPrefix: id) else {
            throw Failure(.badQuery, "'\(id)' is no mail id, nor the beginning of one")
        }
        let search = SegmentSearch(files: files, keys: keys)
        let found = try search.search(.id(range))
        let mails = found.mails
        guard mails.count < 2 else {
            throw Failure(.badQuery, "several mails begin with \(id): give more of the id")
        }
        guard let copies = mails.first else { throw Failure(.none, "there is no mail \(id)") }
        var notices = found.notices
        for copy in copies {
            do {
                let octets = try Self.octets(of: copy, in: files, keys)
                let mail = try search.answer(copy, copies: copies.count)
                (self.octets, self.mail, self.notices) = (.memory(octets), mail, notices)
                return
            } catch let error as CodecError {
                notices.append("the copy \(copy.location(in: files)) \(error.sentence)")
            } catch let error as SegmentError {
                notices.append("\(copy.location(in: files)): \(error)")
            }
        }
        throw Failure(
            .someFailed, "mail \(id) cannot be read: \(notices.joined(separator: "; "))")
    }

    /// All octets, checked against the record's digest.
    private static func octets(
        of copy: SegmentSearch.Found, in files: SegmentFiles, _ keys: KeyRing
    ) throws -> [UInt8] {
        let (record, reader) = try files.record(at: copy.place, mail: copy.mail)
        let header = record.header
        let key = header.encrypted ? try keys.key(header.keyNumber, for: header.mail) : nil
        let octets = try reader.octets(
            of: record, segment: copy.place.segment, offset: copy.place.offset, key: key,
            upTo: octetsMax)
        let digest = HoldfastModel.Digest(SHA256.hash(data: octets))
        let inHeader = header.encrypted ? try keys.keyed(digest, number: header.keyNumber) : digest
        guard inHeader == header.digest else { throw CodecError.damaged }
        return octets
    }
}

extension SegmentSearch.Found {
    fileprivate func location(in files: SegmentFiles) -> String {
        "\(files.files[place.file].path) at \(place.offset)"
    }
}
