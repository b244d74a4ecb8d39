// SPDX-License-Identifier: Apache-2.0
// Measures a message as it passes, without reading it.

/// Counts the octets of one message and those of its header, to hold them against the limits.
struct MessageMeter: Sendable {
    /// The caller holds octets of this message.
    var hasOctetsPutBy = false
    /// A line of it was longer than allowed.
    var hasLongLine = false
    /// A CR or LF stood by itself in a chunk.
    private(set) var hasBareLineEnd = false
    private var lines = LineMeter()

    private var bytes = 0
    private var headerBytes = 0
    private var headerHasEnded = false
    private var lineIsEmpty = true

    /// Looks at the next octets of the message.
    mutating func measure(_ octets: ArraySlice<UInt8>) {
        bytes += octets.count
        if !headerHasEnded { measureHeader(octets) }
    }

    /// Looks at the lines of a chunk; of a message that ends with a dot its reader does.
    mutating func measureLines(_ octets: ArraySlice<UInt8>, _ limits: Session.Limits) {
        lines.measure(octets)
        hasBareLineEnd = lines.hasBareLineEnd
        hasLongLine = lines.longestBytes > limits.lineBytesMax
    }

    /// The last chunk has come.
    mutating func endLines() {
        lines.finish()
        hasBareLineEnd = lines.hasBareLineEnd
    }

    /// The gravest fault of the message so far: the same one in whatever pieces it came.
    func fault(_ limits: Session.Limits) -> MessageFault? {
        if bytes > limits.messageBytesMax { return .tooLarge }
        if headerBytes > limits.headerBytesMax { return .headerTooLarge }
        if hasBareLineEnd { return .bareLineEnd }
        return hasLongLine ? .lineTooLong : nil
    }

    /// So far over the limit that reading on to its end is not worth it.
    func isEndless(_ limits: Session.Limits) -> Bool {
        bytes > limits.messageBytesMax + limits.skippedBytesMax
    }

    /// The header ends at the first empty line, whose LF may stand alone in a chunk.
    private mutating func measureHeader(_ octets: ArraySlice<UInt8>) {
        var rest = octets
        while !headerHasEnded, let octet = rest.first {
            let count = octet == Octet.feed ? 1 : rest.count(before: Octet.feed) ?? rest.count
            if octet == Octet.feed {
                headerHasEnded = lineIsEmpty
                lineIsEmpty = true
            } else {
                lineIsEmpty = lineIsEmpty && count == 1 && octet == Octet.return
            }
            headerBytes += count
            rest = rest.dropFirst(count)
        }
    }
}
