// SPDX-License-Identifier: Apache-2.0
// Mails that may be ours although nobody was told so (D12).

internal import HoldfastModel
internal import Synchronization

/// Which mails were offered and not answered, by what they were; as a value.
///
/// After a 451, or a crash before the 250, the same envelope and octets come again: within a day
/// they get the same mail id, and so join what may have been kept of them.
struct UnsureBook: Sendable {
    private var mails: [Digest: (id: MailID, at: Timestamp)] = [:]
    /// In the order in which they came.
    private var keys: [Digest] = []

    static let mailsMax = 20_000
    /// As many of a start's findings are remembered.
    static let recoveredMax = mailsMax / 2
    static let seconds: Int64 = 86_400

    var isEmpty: Bool { mails.isEmpty }

    mutating func insert(_ id: MailID, as key: Digest, at now: Timestamp) {
        if mails.updateValue((id, now), forKey: key) == nil { keys.append(key) }
        guard keys.count > Self.mailsMax else { return }
        // Rarely, and half of them at a time.
        for old in keys.prefix(Self.mailsMax / 2) { mails[old] = nil }
        keys.removeFirst(Self.mailsMax / 2)
    }

    func id(for key: Digest, now: Timestamp) -> MailID? {
        guard let known = mails[key], now < known.at.advanced(bySeconds: Self.seconds) else {
            return nil
        }
        return known.id
    }
}

/// Owns the book of unsure mails.
final class UnsureMails: Sendable {
    private let book = Mutex(UnsureBook())

    /// What makes two offers the same: sender, recipients and octets, not who brought them.
    ///
    /// - Parameter digest: as it stands in the record's header.
    static func key(_ digest: Digest, _ envelope: Envelope) -> Digest {
        var bare = envelope
        bare.origin = Envelope.Origin()
        return MessageHash.digest(of: digest.bytes, bare.encoded)
    }

    func insert(_ id: MailID, _ digest: Digest, _ envelope: Envelope, at now: Timestamp) {
        let key = Self.key(digest, envelope)
        book.withLock { $0.insert(id, as: key, at: now) }
    }

    /// The id under which the same mail was offered before; nil nearly always.
    func id(for digest: Digest, _ envelope: Envelope, now: Timestamp) -> MailID? {
        guard book.withLock({ !$0.isEmpty }) else { return nil }
        let key = Self.key(digest, envelope)
        return book.withLock { $0.id(for: key, now: now) }
    }
}
