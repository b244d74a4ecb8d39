// SPDX-License-Identifier: Apache-2.0
// The address of an envelope: `local@domain` as RFC 5321 and RFC 6531 write it.

/// A mailbox that SMTP can carry: read exactly, kept as written.
package struct Mailbox: Hashable, Sendable {
    /// Without angle brackets and source route.
    package let text: String
    /// False when it needs SMTPUTF8.
    package let isASCII: Bool
    /// False for `postmaster`, the one address that stands alone.
    package let hasDomain: Bool

    /// The most octets of a path, brackets and source route included. RFC 5321 wants 256; what is
    /// longer but well-formed is not worth losing a mail for.
    package static let pathBytesMax = 1000
    private static let domainBytesMax = 255
    private static let labelBytesMax = 63

    /// Nil unless all of the text is one mailbox.
    package init?(_ text: String) {
        guard let mailbox = Path(reading: Array("<\(text)>".utf8)[...])?.mailbox,
            mailbox.text == text
        else { return nil }
        self = mailbox
    }

    /// Nil unless all of the octets are one mailbox.
    private init?(_ octets: ArraySlice<UInt8>) {
        var rest = octets
        guard Self.takeLocalPart(&rest), let text = String(validating: octets, as: UTF8.self)
        else { return nil }
        hasDomain = !rest.isEmpty
        if rest.isEmpty {
            guard octets.capitals == "POSTMASTER" else { return nil }
        } else {
            guard rest.first == UInt8(ascii: "@"), Self.isDomain(rest.dropFirst()) else {
                return nil
            }
        }
        self.text = text
        isASCII = octets.allSatisfy { $0 < 0x80 }
    }

    /// What stands in angle brackets in MAIL FROM and RCPT TO.
    package enum Path: Hashable, Sendable {
        /// `<>`, the sender of a bounce.
        case empty
        case mailbox(Mailbox)

        /// Nil for the empty path.
        package var mailbox: Mailbox? {
            if case .mailbox(let mailbox) = self { mailbox } else { nil }
        }
    }
}

extension Mailbox.Path {
    /// Nil unless all of the octets are one path.
    package init?(reading octets: ArraySlice<UInt8>) {
        var rest = octets
        guard let path = Self.take(from: &rest), rest.isEmpty else { return nil }
        self = path
    }

    /// Takes `<…>` from the front; nil when no well-formed path stands there.
    static func take(from rest: inout ArraySlice<UInt8>) -> Mailbox.Path? {
        guard rest.first == UInt8(ascii: "<"), let length = length(of: rest),
            length <= Mailbox.pathBytesMax
        else { return nil }
        var inner = rest.prefix(length).dropFirst().dropLast()
        rest = rest.dropFirst(length)
        if inner.isEmpty { return .empty }
        guard Mailbox.skipRoute(&inner) else { return nil }
        return Mailbox(inner).map(Self.mailbox)
    }

    /// How many octets there are up to and with the closing bracket, which may also stand in quotes
    /// without closing anything.
    private static func length(of octets: ArraySlice<UInt8>) -> Int? {
        var isQuoted = false
        var isEscaped = false
        for (place, octet) in octets.enumerated() {
            if isEscaped {
                isEscaped = false
            } else if isQuoted, octet == UInt8(ascii: "\\") {
                isEscaped = true
            } else if octet == UInt8(ascii: "\"") {
                isQuoted.toggle()
            } else if !isQuoted, octet == UInt8(ascii: ">") {
                return place + 1
            }
        }
        return nil
    }
}

extension Mailbox {
    /// A source route (`@a,@b:`) is accepted and ignored (RFC 5321, 4.1.1.3).
    fileprivate static func skipRoute(_ rest: inout ArraySlice<UInt8>) -> Bool {
        guard rest.first == UInt8(ascii: "@") else { return true }
        guard let colon = rest.firstIndex(of: UInt8(ascii: ":")) else { return false }
        let hops = rest[..<colon].split(
            separator: UInt8(ascii: ","), omittingEmptySubsequences: false)
        rest = rest[(colon + 1)...]
        return hops.allSatisfy { $0.first == UInt8(ascii: "@") && isDomain($0.dropFirst()) }
    }

    private static func takeLocalPart(_ rest: inout ArraySlice<UInt8>) -> Bool {
        if rest.first == UInt8(ascii: "\"") { return takeQuoted(&rest) }
        // Dots may stand anywhere: some providers give out `a..b@` and `a.@`, and such mail exists.
        let atoms = rest.prefix { isAtomOctet($0) || $0 == Octet.dot }
        rest = rest[atoms.endIndex...]
        return atoms.contains { $0 != Octet.dot }
    }

    private static func takeQuoted(_ rest: inout ArraySlice<UInt8>) -> Bool {
        rest.removeFirst()
        while let octet = rest.popFirst() {
            switch octet {
            case UInt8(ascii: "\""): return true
            case UInt8(ascii: "\\"):
                guard let escaped = rest.popFirst(), (0x20...0x7e).contains(escaped) else {
                    return false
                }
            default:
                guard octet >= 0x20, octet != 0x7f else { return false }
            }
        }
        return false
    }

    private static func isDomain(_ octets: ArraySlice<UInt8>) -> Bool {
        guard (1...domainBytesMax).contains(octets.count) else { return false }
        if octets.first == UInt8(ascii: "[") { return isLiteral(octets) }
        return octets.split(separator: Octet.dot, omittingEmptySubsequences: false).allSatisfy {
            label in
            (1...labelBytesMax).contains(label.count) && label.allSatisfy(isLabelOctet)
                && label.first != UInt8(ascii: "-") && label.last != UInt8(ascii: "-")
        }
    }

    /// `[192.0.2.1]`, `[IPv6:2001:db8::1]` or `[tag:…]`.
    private static func isLiteral(_ octets: ArraySlice<UInt8>) -> Bool {
        guard octets.count > 2, octets.last == UInt8(ascii: "]") else { return false }
        let inner = octets.dropFirst().dropLast()
        if inner.contains(UInt8(ascii: ":")) {
            return inner.allSatisfy { (0x21...0x5a).contains($0) || (0x5e...0x7e).contains($0) }
                && inner.first != UInt8(ascii: ":")
        }
        let numbers = inner.split(separator: Octet.dot, omittingEmptySubsequences: false)
        return numbers.count == 4
            && numbers.allSatisfy { number in
                (1...3).contains(number.count) && number.allSatisfy(\.isDigit)
                    && number.reduce(0) { $0 * 10 + Int($1 - 0x30) } < 256
            }
    }

    /// Letters, digits and hyphens; the underscore, which RFC 5321 has not and the world has; beyond
    /// ASCII what RFC 6531 allows.
    private static func isLabelOctet(_ octet: UInt8) -> Bool {
        switch octet {
        case 0x30...0x39, 0x41...0x5a, 0x61...0x7a, 0x80...: true
        case UInt8(ascii: "-"), UInt8(ascii: "_"): true
        default: false
        }
    }

    private static func isAtomOctet(_ octet: UInt8) -> Bool {
        switch octet {
        case 0x30...0x39, 0x41...0x5a, 0x61...0x7a, 0x80...: true
        // ! # $ % & ' * + - / = ? ^ _ ` { | } ~
        case 0x21, 0x23...0x27, 0x2a, 0x2b, 0x2d, 0x2f, 0x3d, 0x3f, 0x5e...0x60, 0x7b...0x7e: true
        default: false
        }
    }
}
