// SPDX-License-Identifier: Apache-2.0
// The way in: a message's octets to what people search for and read.

package import HoldfastModel

/// Reads one message (RFC 5322, MIME), whatever its octets are.
///
/// Nothing in a message is an error: what cannot be read is left out, and what is too much is cut.
package enum MessageReader {
    /// What a search shows. Size, digest and words are the caller's to fill in.
    package static func summary(
        of message: UnsafeRawBufferPointer, limits: Limits = .standard
    ) -> Summary {
        var reader = SummaryReader(limits: limits)
        read(Octets(message), into: &reader, limits: limits)
        return reader.summary
    }

    /// The searchable words of the body: of all its texts and of messages inside it, in order.
    package static func words(
        of message: UnsafeRawBufferPointer, limits: Limits = .standard
    ) -> String {
        var reader = WordsReader(limits: limits)
        read(Octets(message), into: &reader, limits: limits)
        return reader.finish()
    }

    /// Both in one pass.
    package static func summaryAndWords(
        of message: UnsafeRawBufferPointer, limits: Limits = .standard
    ) -> (summary: Summary, words: String) {
        var readers = Two(first: SummaryReader(limits: limits), second: WordsReader(limits: limits))
        read(Octets(message), into: &readers, limits: limits)
        return (readers.first.summary, readers.second.finish())
    }

    /// What a person reads of the message.
    package static func readable(
        of message: UnsafeRawBufferPointer, limits: Limits = .standard
    ) -> ReadableMessage {
        var reader = ReadableReader(limits: limits)
        read(Octets(message), into: &reader, limits: limits)
        return reader.finish()
    }

    /// Gives all parts to `reader`, also those of messages that had to be decoded first.
    static func read(
        _ octets: Octets, into reader: inout some PartReader, limits: Limits, encodedDepth: Int = 0
    ) {
        var walk = PartWalk(octets, limits: limits)
        while !reader.isFull, let part = walk.next() {
            reader.take(part, isNested: part.depth > 0 || encodedDepth > 0)
            let isEncodedMessage = part.kind == .leaf && part.type.kind == .message
            guard isEncodedMessage, encodedDepth < limits.encodedNestingMax else { continue }
            var decoded: [UInt8] = []
            part.encoding.decode(part.body, into: &decoded)
            decoded.withOctets { message in
                read(message, into: &reader, limits: limits, encodedDepth: encodedDepth + 1)
            }
        }
    }
}

extension MessageReader {
    package static func summary(of message: [UInt8], limits: Limits = .standard) -> Summary {
        message.withUnsafeBytes { summary(of: $0, limits: limits) }
    }

    package static func words(of message: [UInt8], limits: Limits = .standard) -> String {
        message.withUnsafeBytes { words(of: $0, limits: limits) }
    }

    package static func readable(of message: [UInt8], limits: Limits = .standard) -> ReadableMessage
    {
        message.withUnsafeBytes { readable(of: $0, limits: limits) }
    }
}

/// Takes what it needs of each part.
protocol PartReader {
    /// Whether more parts would change nothing.
    var isFull: Bool { get }

    mutating func take(_ part: Part, isNested: Bool)
}

/// Two readers on one walk.
private struct Two<First: PartReader, Second: PartReader>: PartReader {
    var first: First
    var second: Second

    var isFull: Bool { first.isFull && second.isFull }

    mutating func take(_ part: Part, isNested: Bool) {
        first.take(part, isNested: isNested)
        if !second.isFull { second.take(part, isNested: isNested) }
    }
}
