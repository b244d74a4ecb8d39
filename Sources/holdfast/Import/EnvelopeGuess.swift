// SPDX-License-Identifier: Apache-2.0
// The envelope of a mail that comes without one: what its header remembers of it.

internal import HoldfastModel

/// Reads what the last delivery wrote into the header (RFC 5321, 4.4): nothing else is believed.
enum EnvelopeGuess {
    private static let headerBytesMax = 256 << 10
    private static let addressBytesMax = 320

    /// - Parameter fromLineSender: the sender of the mbox's From_ line, where there is one.
    static func envelope(of octets: ArraySlice<UInt8>, fromLineSender: String?) -> Envelope {
        var sender: String?
        var (original, delivered): (String?, String?)
        for line in header(of: octets) {
            if let value = value(of: "return-path", in: line) {
                sender = sender ?? path(value)
            } else if let value = value(of: "x-original-to", in: line) {
                original = original ?? path(value)
            } else if let value = value(of: "delivered-to", in: line) {
                delivered = delivered ?? path(value)
            }
        }
        let recipient = [original, delivered].compactMap(\.self).first { !$0.isEmpty }
        return Envelope(
            sender: sender ?? fromLineSender ?? "", recipients: recipient.map { [$0] } ?? [],
            eightBit: octets.contains { $0 >= 0x80 }, origin: .init(transport: "import"))
    }

    /// The lines before the first empty one.
    private static func header(of octets: ArraySlice<UInt8>) -> some Sequence<ArraySlice<UInt8>> {
        octets.prefix(headerBytesMax)
            .split(separator: 0x0a, omittingEmptySubsequences: false)
            .lazy.map { $0.last == 0x0d ? $0.dropLast() : $0 }
            .prefix { !$0.isEmpty }
    }

    private static func value(of name: String, in line: ArraySlice<UInt8>) -> ArraySlice<UInt8>? {
        guard line.count > name.utf8.count, line[line.startIndex + name.utf8.count] == 0x3a,
            zip(line, name.utf8).allSatisfy({ ($0 >= 0x41 && $0 <= 0x5a ? $0 | 0x20 : $0) == $1 })
        else { return nil }
        return line.dropFirst(name.utf8.count + 1)
    }

    /// The address in a field: between angle brackets, or the whole of it; nil when it is none.
    private static func path(_ value: ArraySlice<UInt8>) -> String? {
        var text = value[...]
        if let open = text.firstIndex(of: 0x3c), let close = text[open...].firstIndex(of: 0x3e) {
            text = text[(open + 1)..<close]
        }
        while let first = text.first, first <= 0x20 { text.removeFirst() }
        while let last = text.last, last <= 0x20 { text.removeLast() }
        guard !text.isEmpty else { return "" }
        let isAddress =
            text.count <= addressBytesMax && text.contains(0x40)
            && text.allSatisfy { $0 > 0x20 && $0 < 0x7f && $0 != 0x3c && $0 != 0x3e }
        return isAddress ? String(decoding: text, as: UTF8.self) : nil
    }
}
