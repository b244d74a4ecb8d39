// SPDX-License-Identifier: Apache-2.0
// Which codes let a machine join, as rules.

internal import HoldfastModel

/// The invitations that stand: each for one machine and a quarter of an hour.
struct InvitationBook: Sendable {
    private struct Invitation: Sendable {
        /// SHA-256 of the code; the code itself is kept nowhere.
        var digest: Digest
        var end: Int64
    }

    enum Answer: Hashable, Sendable {
        case welcome
        /// Wrong, used, or too late: which of them is nobody's business.
        case unknown
        /// As `unknown`, and somebody guesses: what is wrong is not even told apart for a while.
        case tooManyTries
    }

    private var invitations: [Invitation] = []
    /// When wrong codes came lately.
    private var failures: [Int64] = []

    static let minutes = 15
    static let openMax = 16
    static let failuresMax = 10
    static let failureMilliseconds: Int64 = 60_000

    /// - Parameter now: milliseconds of a clock that never jumps, as below.
    /// - Returns: false when too many stand already.
    mutating func add(_ digest: Digest, now: Int64) -> Bool {
        invitations.removeAll { $0.end <= now }
        guard invitations.count < Self.openMax else { return false }
        invitations.append(Invitation(digest: digest, end: now + Int64(Self.minutes) * 60_000))
        return true
    }

    mutating func redeem(_ digest: Digest, now: Int64) -> Answer {
        invitations.removeAll { $0.end <= now }
        // Every one is compared, each in the same time: how long it takes tells nothing.
        let places = invitations.indices.filter { Self.same(invitations[$0].digest, digest) }
        guard let place = places.first else { return fail(now: now) }
        // However many guess: a hundred bits are not guessed, and nobody may lock out who was invited.
        invitations.remove(at: place)
        return .welcome
    }

    private mutating func fail(now: Int64) -> Answer {
        failures.removeAll { $0 <= now - Self.failureMilliseconds }
        guard failures.count < Self.failuresMax else { return .tooManyTries }
        failures.append(now)
        return .unknown
    }

    private static func same(_ left: Digest, _ right: Digest) -> Bool {
        zip(left.bytes, right.bytes).reduce(0) { $0 | ($1.0 ^ $1.1) } == 0
    }
}

/// What a person types on the machine that joins: a hundred bits, in letters that are not mixed up.
struct InvitationCode: Hashable, Sendable, CustomStringConvertible {
    /// Without hyphens, in capitals.
    private let letters: String

    private static let alphabet = Array("0123456789ABCDEFGHJKMNPQRSTVWXYZ")
    private static let count = 20
    private static let group = 5

    init(using random: inout some RandomNumberGenerator) {
        letters = String(
            (0..<Self.count).map { _ in
                Self.alphabet[Int.random(in: 0..<Self.alphabet.count, using: &random)]
            })
    }

    /// Nil unless it looks like one; hyphens, blanks and capitals do not matter.
    init?(_ text: String) {
        let letters = text.uppercased().filter { $0 != "-" && !$0.isWhitespace }
        guard letters.count == Self.count, letters.allSatisfy(Self.alphabet.contains) else {
            return nil
        }
        self.letters = letters
    }

    var description: String {
        let letters = Array(letters)
        return stride(from: 0, to: letters.count, by: Self.group)
            .map { String(letters[$0..<($0 + Self.group)]) }.joined(separator: "-")
    }

    /// What is kept of it.
    var octets: [UInt8] { Array(letters.utf8) }
}
