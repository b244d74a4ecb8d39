// SPDX-License-Identifier: Apache-2.0
// Mails and queries made of few words, so that they meet.

import HoldfastCatalog
import HoldfastChance
import HoldfastMIME
import HoldfastModel

/// Few enough that random queries find something, and some in other scripts.
private let vocabulary = [
    "alpha", "beta", "gamma", "delta", "alphabet", "betamax", "rechnung", "müller", "naïve",
    "京都大学", "北京", "заказ", "order", "offer", "7", "2026",
]
private let hosts = ["acme.com", "mail.acme.com", "example.net", "büro.example"]
private let verdicts = [
    "X-Spam-Flag: YES", "X-Spam-Score: 3.5", "X-Spam-Status: Yes, score=8.25", "X-Virus: Eicar",
    "X-Spamd-Result: default: False [-1.50 / 15.00];", "X-Amavis-Alert: BANNED, x.exe",
]
private let attachments = [
    Attachment(name: "alpha.pdf", type: "application/pdf"),
    Attachment(name: "photo beta.JPG", type: "image/jpeg"), Attachment(name: "", type: "image/png"),
    Attachment(name: "delta", type: "application/vnd.ms-excel"),
]

extension SplitMix64 {
    private mutating func text(upTo count: Int) -> String {
        some(of: vocabulary, upTo: count).joined(separator: one(of: [" ", " ", "-", ", "]))
    }

    private mutating func address() -> Address {
        let name = one(of: vocabulary)
        return Address(
            name: chance(2) ? "" : text(upTo: 2), address: "\(name)@\(one(of: hosts))")
    }

    mutating func mail(_ number: Int) -> Sample {
        Sample(number) { mail in
            // Some share a moment and the low bits that a row number is made with.
            mail.id = MailID(UInt128(next() as UInt64) << 64 | UInt128(below(4)))
            mail.received = now.advanced(bySeconds: -Int64(below(40)) * 86_400 / 2)
            var summary = Summary()
            summary.subject = text(upTo: 5)
            summary.from = (0..<below(2) + (chance(8) ? 0 : 1)).map { _ in address() }
            summary.to = (0..<below(3)).map { _ in address() }
            summary.cc = (0..<below(2)).map { _ in address() }
            summary.bcc = chance(5) ? [address()] : []
            if !chance(4) {
                summary.date = mail.received.advanced(bySeconds: Int64(below(9) - 6) * 43_200)
            }
            if !chance(4) { summary.messageID = "\(below(30))@\(one(of: hosts))" }
            summary.attachments = chance(3) ? some(of: attachments, upTo: 3) : []
            summary.verdicts = chance(2) ? some(of: verdicts, upTo: 2) : []
            summary.size = UInt64(below(3000))
            summary.digest = Digest(words: (next() & 0xff00_0000_ffff_ffff, next(), 3, 4))
            mail.summary = summary
            mail.envelope = Envelope(
                sender: chance(5) ? "" : address().address,
                recipients: (0..<1 + below(2)).map { _ in address().address })
            mail.words = SearchText.words(text(upTo: 30))
            mail.slip.keepUntil = today.advanced(by: one(of: [-9, -1, 0, 1, 5, 20, 60, 300]))
            mail.slip.copiesWanted = 1 + below(3)
        }
    }

    /// A condition that has something to do with one of the mails.
    mutating func condition(_ mails: [Sample], depth: Int = 0) -> Condition {
        let mail = one(of: mails)
        switch below(depth > 3 ? 18 : 27) {
        case 0...4, 17: return words(mail)
        case 5: return below(2) == 0 ? .attachment : .attachmentType([one(of: ["pdf", "image"])])
        case 6: return .messageID(chance(9) ? "nobody" : mail.summary.messageID)
        case 7: return ids(mail)
        case 8: return .received(times())
        case 9: return .date(times())
        case 10: return .size(numbers(upTo: 3000))
        case 11: return .copies(numbers(upTo: 3))
        case 12: return one(of: [.released, .short, .everything])
        case 13: return .domain(domain())
        case 14:
            return below(2) == 0 ? .score(scores()) : .reason(one(of: Judgement.Reason.allCases))
        case 15: return .keepUntil(days())
        case 16: return .kept(kept())
        case 18...20: return .not(condition(mails, depth: depth + 1))
        case 21...24:
            return .all((0..<2 + below(2)).map { _ in condition(mails, depth: depth + 1) })
        default: return .any((0..<2 + below(2)).map { _ in condition(mails, depth: depth + 1) })
        }
    }

    private mutating func words(_ mail: Sample) -> Condition {
        var terms = SearchText.terms(chance(3) ? mail.summary.subject : mail.words)
        let start = terms.isEmpty ? 0 : below(terms.count)
        terms = Array(terms[start...].prefix(1 + (chance(3) ? below(3) : 0)))
        if terms.isEmpty || chance(9) { terms = SearchText.terms(one(of: vocabulary)) }
        let places: [Places] = [
            .all, .all, .all, .body, .subject, .from, .recipients, .cc, .mailFrom, .rcpt, .names,
            .people,
        ]
        let isLone = SearchText.phrase(terms.last ?? "").isBeginning
        let prefix = chance(4) || isLone
        if prefix, let last = terms.last { terms[terms.count - 1] = String(last.prefix(2)) }
        return .words(Words(terms, in: one(of: places), prefix: prefix))
    }

    private mutating func ids(_ mail: Sample) -> Condition {
        if chance(2) {
            let digits = mail.summary.digest.hex.prefix(8 + below(57))
            return DigestRange(beginning: String(digits)).map(Condition.digest) ?? .everything
        }
        let prefix = String(mail.id.description.prefix(4 + below(23)))
        return MailID.range(ofPrefix: prefix).map(Condition.id) ?? .everything
    }

    private mutating func times() -> TimeRange {
        let moments = (0..<2).map { _ in now.advanced(bySeconds: -Int64(below(44)) * 43_200) }
        switch below(4) {
        case 0: return TimeRange(from: moments[0])
        case 1: return TimeRange(until: moments[0])
        default: return TimeRange(from: moments[0], until: moments[1])
        }
    }

    private mutating func domain() -> Domain {
        let places: [Places] = [.from, .recipients, .cc, .mailFrom, .rcpt, .people]
        var terms = SearchText.terms(one(of: hosts))
        let prefix = chance(3)
        if prefix { terms = Array(terms.prefix(1 + below(terms.count))) }
        return Domain(terms, in: one(of: places), prefix: prefix)
    }

    private mutating func scores() -> ScoreRange {
        let ends = (0..<2).map { _ in Int64(below(12) - 3) * 1000 }
        return chance(2)
            ? ScoreRange(from: ends[0], to: ends[1]) : ScoreRange(from: chance(2) ? ends[0] : nil)
    }

    private mutating func days() -> DayRange {
        let ends = (0..<2).map { _ in today.advanced(by: below(80) - 5) }
        return chance(2) ? DayRange(from: ends[0], to: ends[1]) : DayRange(to: ends[0])
    }

    private mutating func kept() -> KeptAt {
        let node = one(of: ["storage-1", "storage-2", "storage-9"])
        return chance(2)
            ? KeptAt(node: node)
            : KeptAt(node: chance(2) ? node : nil, segment: 1 + UInt64(below(3)))
    }

    private mutating func numbers(upTo limit: Int) -> NumberRange {
        let ends = (0..<2).map { _ in UInt64(below(limit + 1)) }
        switch below(4) {
        case 0: return NumberRange(from: ends[0])
        case 1: return NumberRange(to: ends[0])
        default: return NumberRange(from: ends[0], to: ends[1])
        }
    }
}
