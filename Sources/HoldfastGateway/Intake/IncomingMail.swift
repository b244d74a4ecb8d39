// SPDX-License-Identifier: Apache-2.0
// A mail while its octets arrive.

internal import HoldfastMIME
internal import HoldfastModel
internal import HoldfastNode
internal import HoldfastSegments

/// Hashes and encodes the octets of one message as they come; what becomes large lands on the disk.
///
/// In memory are at most one chunk of octets and `Wire.wholeMessageBytesMax` of what was made of them.
struct IncomingMail: Sendable {
    let id: MailID
    let received: Timestamp
    let coding: IntakeRules.Coding
    private(set) var bytes = 0
    private var hash = MessageHash()
    private var encoder: MessageEncoder
    private var section: [UInt8] = []
    private var header: HeaderWishes
    private var landed: LandedMessage?
    /// The first octets, for the summary of a message that leaves us encrypted.
    private var beginning: [UInt8] = []
    private let bytesMax: Int
    private let share: MemoryBudget.Share
    private let makeLanding: @Sendable () async throws -> Landing

    /// Larger parts of an encrypted message are not looked at for its summary.
    private static let summarisedBytesMax = 4 << 20
    private static let chunkBytes = 1 << 20
    /// What is worth a file when memory is tight.
    private static let landedBytesMin = 128 << 10

    /// Why a message is not taken any further.
    enum Problem: Error, Equatable {
        case tooLarge(bytesMax: Int)
        /// More is on its way in than there is memory for.
        case tooMuchAtOnce
    }

    init(
        id: MailID, received: Timestamp, rules: IntakeRules, coding: IntakeRules.Coding,
        key: MailKey?, bytesMax: Int, share: MemoryBudget.Share,
        makeLanding: @escaping @Sendable () async throws -> Landing
    ) {
        self.id = id
        self.received = received
        self.coding = coding
        header = rules.headerWishes
        self.bytesMax = bytesMax
        self.share = share
        self.makeLanding = makeLanding
        encoder = MessageEncoder(mail: id, compression: coding.compression, key: key)
    }

    /// SHA-256 of the octets so far.
    var digest: HoldfastModel.Digest { hash.digest }

    /// Takes the next octets.
    mutating func add(_ octets: ArraySlice<UInt8>) async throws {
        bytes += octets.count
        guard bytes <= bytesMax else { throw Problem.tooLarge(bytesMax: bytesMax) }
        header.read(octets)
        hash.add(octets)
        if coding.keyNumber != 0 {
            beginning.append(contentsOf: octets.prefix(Self.summarisedBytesMax - beginning.count))
        }
        try octets.withUnsafeBytes { try encoder.add($0, to: &section) }
        let state = share.set(section.count + beginning.count + min(bytes, Self.chunkBytes))
        if section.count > Wire.wholeMessageBytesMax
            || (state > .ample && section.count > Self.landedBytesMin)
        {
            try await land()
        }
        if state == .spent, bytes > Self.landedBytesMin { throw Problem.tooMuchAtOnce }
    }

    /// The message is complete.
    mutating func finish() async throws -> TakenMessage {
        try encoder.finish(to: &section)
        if landed != nil { try await land() }
        return TakenMessage(
            digest: hash.digest, bytes: bytes, wishes: header.wishes,
            section: landed == nil ? section : [], landed: landed, beginning: beginning)
    }

    private mutating func land() async throws {
        var landed = self.landed
        if landed == nil { landed = LandedMessage(landing: try await makeLanding()) }
        try await landed?.write(section[...])
        self.landed = landed
        section.removeAll(keepingCapacity: true)
    }
}

/// A message section that lies in a file.
struct LandedMessage: Sendable {
    let landing: Landing
    private(set) var section = Section.empty

    init(landing: Landing) {
        self.landing = landing
    }

    mutating func write(_ octets: ArraySlice<UInt8>) async throws {
        try await landing.write(octets, at: section.bytes)
        section = Section(
            bytes: section.bytes + UInt64(octets.count),
            checksum: crc32c(octets, from: section.checksum))
    }
}

/// A message that has come whole: encoded, hashed, and ready to be kept.
struct TakenMessage: Sendable {
    /// SHA-256 of the octets.
    var digest: HoldfastModel.Digest
    var bytes: Int
    var wishes: IntakeRules.Wishes
    /// The message section, unless it landed.
    var section: [UInt8]
    var landed: LandedMessage?
    fileprivate var beginning: [UInt8]

    /// What a search shows of a message that nobody behind us can read.
    func summary(withWords: Bool) -> Summary {
        var summary: Summary
        if withWords {
            let (read, words) = beginning.withUnsafeBytes { MessageReader.summaryAndWords(of: $0) }
            summary = read
            summary.words = words
        } else {
            summary = MessageReader.summary(of: beginning)
        }
        summary.size = UInt64(bytes)
        summary.digest = digest
        return summary
    }

    /// The section, piece by piece, wherever it lies.
    func eachPiece(_ give: (ArraySlice<UInt8>) async throws -> Void) async throws {
        guard let landed else { return try await give(section[...]) }
        var offset: UInt64 = 0
        while offset < landed.section.bytes {
            let piece = try await landed.landing.read(at: offset, count: Wire.pieceBytes)
            guard !piece.isEmpty else { throw RecordError.cutShort }
            try await give(piece)
            offset += UInt64(piece.count)
        }
    }
}

extension TakenMessage {
    /// A message that was at hand as a whole.
    init(
        digest: HoldfastModel.Digest, octets: [UInt8], wishes: IntakeRules.Wishes, section: [UInt8]
    ) {
        self.init(
            digest: digest, bytes: octets.count, wishes: wishes, section: section, landed: nil,
            beginning: octets)
    }
}
