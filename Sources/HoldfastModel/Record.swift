// SPDX-License-Identifier: Apache-2.0
// A record: the one form of everything that lies in a segment or travels between nodes.
//
//   record = header (144 bytes) · slip · envelope · summary · message · zeros up to a multiple of 8
//
// Each section has its own checksum in the header, and the header has one of its own, so that damage
// in one section hides no other. Message and summary are carried verbatim from holder to holder.

internal import CHoldfast

/// What a record is.
package enum RecordKind: UInt8, Sendable {
    /// A mail: all four sections.
    case mail = 1
    /// What a person did to a mail; the summary section holds a `Note`.
    case note = 2
    /// Only travels: one copy's line in the index; the message section holds an `Entry`.
    case entry = 3
    /// Only travels: the DAL's word that a mail is safe; the slip names the gateways.
    case ack = 4
    /// What a person asked for; the summary section holds an `Order`, the message section the octets.
    case order = 5
    /// Only travels: the answer to one item; the summary section holds an `ItemResult`.
    case result = 6
}

/// How the message section was made smaller.
package enum Compression: UInt8, CaseIterable, Sendable {
    case none = 0
    case zlib = 1
    case zstd = 2
}

/// One section of a record, as its header knows it.
package struct Section: Hashable, Sendable {
    package var bytes: UInt64
    /// CRC-32C of the bytes as stored.
    package var checksum: UInt32

    package static let empty = Section(bytes: 0, checksum: 0)

    package init(bytes: UInt64, checksum: UInt32) {
        self.bytes = bytes
        self.checksum = checksum
    }

    package init(of octets: ArraySlice<UInt8>) {
        bytes = UInt64(octets.count)
        checksum = crc32c(octets)
    }
}

/// The fixed part of a record.
package struct RecordHeader: Hashable, Sendable {
    package var kind: RecordKind
    package var compression: Compression
    package var encrypted: Bool
    /// Which key encrypted the message; 0 when it is not encrypted.
    package var keyNumber: UInt32
    /// The id of the mail, note or order that this record is.
    package var mail: MailID
    /// SHA-256 of the original octets; its keyed form when encrypted.
    package var digest: Digest
    /// Octets of the message before compression.
    package var originalBytes: UInt64
    /// When it was taken in.
    package var received: Timestamp
    package var keepUntil: Day
    /// Its place in the order of the node that keeps it; none before it is kept.
    package var position: Position
    package var slip: Section
    package var envelope: Section
    package var summary: Section
    package var message: Section

    /// Bytes of a header.
    package static let bytes = 144
    /// Every record begins at a multiple of this, counted from its batch.
    package static let alignment: UInt64 = 8

    package init(
        kind: RecordKind, mail: MailID, received: Timestamp, keepUntil: Day,
        position: Position = .none, digest: Digest = .zero, originalBytes: UInt64 = 0,
        compression: Compression = .none, keyNumber: UInt32 = 0
    ) {
        self.kind = kind
        self.mail = mail
        self.received = received
        self.keepUntil = keepUntil
        self.position = position
        self.digest = digest
        self.originalBytes = originalBytes
        self.compression = compression
        self.encrypted = keyNumber != 0
        self.keyNumber = keyNumber
        slip = .empty
        envelope = .empty
        summary = .empty
        message = .empty
    }

    /// Where the message begins within the record.
    package var messageOffset: UInt64 {
        UInt64(Self.bytes) + slip.bytes + envelope.bytes + summary.bytes
    }

    /// Bytes of the whole record, with its header and the zeros at its end.
    package var recordBytes: UInt64 {
        let bytes = UInt64(Self.bytes) + slip.bytes + envelope.bytes + summary.bytes + message.bytes
        return (bytes + Self.alignment - 1) / Self.alignment * Self.alignment
    }
}

/// A record in memory. The sections are as they lie on disk; the message section may be absent
/// although the header speaks of one, when it is too large to be held and travels beside.
package struct Record: Sendable {
    package internal(set) var header: RecordHeader
    package internal(set) var slip: ArraySlice<UInt8>
    package internal(set) var envelope: ArraySlice<UInt8>
    package internal(set) var summary: ArraySlice<UInt8>
    package internal(set) var message: ArraySlice<UInt8>

    package init(_ header: RecordHeader) {
        self.header = header
        slip = []
        envelope = []
        summary = []
        message = []
    }
}

extension Record {
    package mutating func setSlip(_ slip: Slip) {
        self.slip = slip.encoded[...]
        header.slip = Section(of: self.slip)
        header.keepUntil = slip.keepUntil
    }

    /// A slip that is carried as it is.
    package mutating func setSlipOctets(_ encoded: ArraySlice<UInt8>) {
        slip = encoded
        header.slip = Section(of: encoded)
    }

    package mutating func setEnvelope(_ encoded: ArraySlice<UInt8>) {
        envelope = encoded
        header.envelope = Section(of: encoded)
    }

    package mutating func setSummary(_ encoded: ArraySlice<UInt8>) {
        summary = encoded
        header.summary = Section(of: encoded)
    }

    package mutating func setMessage(_ encoded: ArraySlice<UInt8>) {
        message = encoded
        header.message = Section(of: encoded)
    }

    /// For a message that lies elsewhere: only its length and checksum are in the record.
    package mutating func setMessage(beside section: Section) {
        message = []
        header.message = section
    }

    package mutating func setPosition(_ position: Position) {
        header.position = position
    }

    /// The same mail as another kind of item.
    package mutating func setKind(_ kind: RecordKind, mail: MailID) {
        header.kind = kind
        header.mail = mail
    }

    /// The header speaks of a message that is not in memory.
    package var messageIsBeside: Bool {
        message.isEmpty && header.message.bytes > 0
    }
}

/// CRC-32C of some octets.
package func crc32c(_ octets: ArraySlice<UInt8>, from start: UInt32 = 0) -> UInt32 {
    octets.withUnsafeBufferPointer { holdfast_crc32c(start, $0.baseAddress, $0.count) }
}
