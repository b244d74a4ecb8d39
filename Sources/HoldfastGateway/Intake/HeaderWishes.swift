// SPDX-License-Identifier: Apache-2.0
// Finds what a message's header asks of us, while the octets pass.

internal import Foundation

/// Reads `X-Holdfast-Keep-Days`, and what rules look for, out of a header that comes in any pieces. The
/// message stays as it is.
///
/// Whoever writes a mail writes its header: it is obeyed only where the configuration says so. Of a
/// folded line the first part counts.
struct HeaderWishes: Sendable {
    private(set) var wishes = IntakeRules.Wishes()
    private var line: [UInt8] = []
    private var headerHasEnded: Bool
    private var bytesRead = 0
    private let obeysDays: Bool
    private let patterns: Set<HeaderPattern>

    private static let keepDays = Array("x-holdfast-keep-days:".utf8)
    /// More of a line is not needed to know it.
    private static let lineBytesMax = HeaderPattern.bytesMax
    private static let headerBytesMax = 1 << 20

    /// - Parameter areObeyed: whether the mail may say how long it is kept.
    /// - Parameter patterns: what rules look for.
    init(areObeyed: Bool, patterns: Set<HeaderPattern> = []) {
        obeysDays = areObeyed
        self.patterns = patterns
        headerHasEnded = !areObeyed && patterns.isEmpty
    }

    mutating func read(_ octets: ArraySlice<UInt8>) {
        guard !headerHasEnded else { return }
        octets.withUnsafeBytes { read($0) }
    }

    private mutating func read(_ octets: UnsafeRawBufferPointer) {
        var rest = octets[...]
        while !headerHasEnded, !rest.isEmpty {
            let feed = Self.count(beforeFeedIn: rest)
            let part = rest.prefix(feed ?? rest.count)
            line.append(contentsOf: part.prefix(Self.lineBytesMax - line.count))
            rest = rest.dropFirst(part.count + 1)
            bytesRead += part.count + 1
            if feed != nil { endLine() }
            if bytesRead > Self.headerBytesMax { headerHasEnded = true }
        }
    }

    private static func count(beforeFeedIn octets: Slice<UnsafeRawBufferPointer>) -> Int? {
        let octets = UnsafeRawBufferPointer(rebasing: octets)
        guard let start = octets.baseAddress,
            let feed = memchr(start, Int32(UInt8(ascii: "\n")), octets.count)
        else { return nil }
        return UnsafeRawPointer(feed) - start
    }

    private mutating func endLine() {
        defer { line.removeAll(keepingCapacity: true) }
        if line.last == UInt8(ascii: "\r") { line.removeLast() }
        headerHasEnded = line.isEmpty
        if !patterns.isEmpty { match() }
        // Two comparisons spare nearly every line the rest.
        guard obeysDays, line.count > Self.keepDays.count, line[0] | 0x20 == Self.keepDays[0],
            line.starts(
                with: Self.keepDays, by: { ($0 >= 0x41 && $0 <= 0x5a ? $0 | 0x20 : $0) == $1 })
        else { return }
        let value = String(decoding: line.dropFirst(Self.keepDays.count), as: UTF8.self)
        wishes.keepDays = wishes.keepDays ?? Int(value.trimmingCharacters(in: .whitespaces))
    }

    private mutating func match() {
        guard let colon = line.firstIndex(of: UInt8(ascii: ":")) else { return }
        let name = String(decoding: line[..<colon], as: UTF8.self).lowercased()
        let value = String(decoding: line[(colon + 1)...], as: UTF8.self)
            .trimmingCharacters(in: .whitespaces)
        for pattern in patterns where pattern.name == name && pattern.fits(value) {
            wishes.headers.insert(pattern)
        }
    }
}
