// SPDX-License-Identifier: Apache-2.0
// Which mails are meant by ids or by a query.

internal import HoldfastModel
internal import HoldfastNode

extension Cluster {
    /// The mails of some ids, each given by any beginning that no other mail's id has.
    func mails(ids: [String]) async throws -> [MailID] {
        var mails: [MailID] = []
        for id in ids { mails.append(try await mailID(ofMail: id)) }
        return mails
    }

    /// The mails that answer to some words, or the mails with these ids when all the words are ids.
    func mails(matching words: [String], utcOffset: Int?) async throws -> [MailID] {
        if let known = try await knownIDs(words) { return known }
        var mails: [MailID] = []
        try await eachPage(Question(words: words, utcOffset: utcOffset)) { page in
            mails += page.compactMap { MailID($0.id) }
        }
        return mails
    }

    /// Nil unless each word looks like an id, and is one.
    private func knownIDs(_ words: [String]) async throws -> [MailID]? {
        guard words.allSatisfy(\.looksLikeID) else { return nil }
        do {
            return try await mails(ids: words)
        } catch let failure as Failure where failure.code == .none {
            return nil
        }
    }

    private func mailID(ofMail text: String) async throws -> MailID {
        let full = try await details(text).mail.id
        guard let id = MailID(full) else {
            throw Failure(.internalError, "the catalog names a mail '\(full)', which is no id")
        }
        return id
    }
}

extension String {
    /// Ids begin with a digit, and nobody shortens them to less than this.
    fileprivate var looksLikeID: Bool {
        count >= 6 && first.map { ("0"..."7").contains($0) } ?? false
            && MailID.range(ofPrefix: self) != nil
    }
}
