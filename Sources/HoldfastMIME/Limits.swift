// SPDX-License-Identifier: Apache-2.0
// How much of a message is read: a named maximum for everything that repeats or nests.

/// What a message may cost. Whatever lies beyond a limit is left out, never an error.
package struct Limits: Sendable {
    /// Multiparts and messages inside each other.
    package var nestingMax = 64
    /// Messages inside an encoded part, which must be decoded to be read.
    package var encodedNestingMax = 3
    /// Parts and nested messages together.
    package var partsMax = 2000
    /// Of one header block; what follows is read as body.
    package var headerBytesMax = 2 << 20
    /// Of one unstructured header value, as written.
    package var valueBytesMax = 64 << 10
    /// In one list (From, To, …) of the summary.
    package var addressesMax = 1000
    /// Of a subject, a name, an address or a message id, as decoded.
    package var textBytesMax = 1000
    package var attachmentsMax = 200
    package var verdictsMax = 32
    /// Of one parameterised header such as Content-Type.
    package var parametersMax = 100
    package var boundaryBytesMax = 250
    /// Octets of text parts, as written, that are decoded in one message.
    package var bodyBytesMax = 8 << 20
    /// Of the searchable words of one message.
    package var wordsBytesMax = 256 << 10
    /// Of the readable text of one message.
    package var readableBytesMax = 1 << 20

    package init() {}

    package static let standard = Limits()
}
