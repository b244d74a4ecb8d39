// SPDX-License-Identifier: Apache-2.0
// What a client may say behind the sender's address.

/// The parameters of MAIL FROM that we offer.
package struct MailParameters: Hashable, Sendable {
    /// SIZE (RFC 1870): octets of the message, as the client reckons.
    package var declaredBytes: Int?
    /// BODY=8BITMIME (RFC 6152).
    package var eightBit = false
    /// SMTPUTF8 (RFC 6531).
    package var utf8 = false

    package init(declaredBytes: Int? = nil, eightBit: Bool = false, utf8: Bool = false) {
        self.declaredBytes = declaredBytes
        self.eightBit = eightBit
        self.utf8 = utf8
    }

    /// Reads what follows the closing bracket.
    init(_ octets: ArraySlice<UInt8>) throws(Command.Fault) {
        guard octets.isEmpty || octets.first == Octet.space else { throw .badSender }
        var rest = octets.trimmed
        var seen: [String] = []
        while !rest.isEmpty {
            let parameter = rest.takeWord()
            let key = parameter.prefix { $0 != UInt8(ascii: "=") }
            let value = key.endIndex == parameter.endIndex ? nil : parameter[(key.endIndex + 1)...]
            let name = key.capitals
            // Three names are known, so this list stays short: the fourth one throws.
            guard !seen.contains(name) else { throw .badArguments }
            seen.append(name)
            try set(name, to: value)
        }
    }

    private mutating func set(
        _ key: String, to value: ArraySlice<UInt8>?
    ) throws(Command.Fault) {
        switch (key, value) {
        case ("SIZE", let value?):
            guard let bytes = Int(digits: value) else { throw .badArguments }
            declaredBytes = bytes
        case ("BODY", let value?):
            let body = value.capitals
            guard body == "7BIT" || body == "8BITMIME" else { throw .badArguments }
            eightBit = body == "8BITMIME"
        case ("SMTPUTF8", nil):
            utf8 = true
        case ("SIZE", nil), ("BODY", nil), ("SMTPUTF8", _):
            throw .badArguments
        default:
            throw .unknownParameter
        }
    }
}

extension Int {
    /// A number of up to twenty decimal digits; one too large to count is the largest there is.
    init?(digits: ArraySlice<UInt8>) {
        guard (1...20).contains(digits.count), digits.allSatisfy(\.isDigit) else {
            return nil
        }
        self = Int(String(decoding: digits, as: UTF8.self)) ?? .max
    }
}
