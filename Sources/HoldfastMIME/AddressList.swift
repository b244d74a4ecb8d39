// SPDX-License-Identifier: Apache-2.0
// RFC 5322 address lists, and what people's mailers make of them.

import HoldfastModel

/// Reads one address field into addresses, in one pass.
///
/// Groups give their members; comments become names where no other name is; whatever cannot be
/// read as an address is kept as a name, so that a search still finds it.
struct AddressList {
    private let value: Octets
    private let charset: Charset?
    private let limits: Limits
    private var place = 0
    private(set) var addresses: [Address] = []
    /// What stands outside of angle brackets and comments, quotation marks removed.
    private var phrase: [UInt8] = []
    private var comment: [UInt8] = []
    private var angle: Octets?
    /// How much of the phrase stood before the angle.
    private var phraseBeforeAngle = 0
    /// Up to here no encoded word ends.
    private var searched = 0
    /// Once one quotation mark or parenthesis has no partner, the later ones are plain characters.
    private var isQuoteOpen = false
    private var isCommentOpen = false

    /// Appends the addresses of `value` until the list holds as many as the limits allow.
    static func read(
        _ value: Octets, charset: Charset?, limits: Limits, into addresses: inout [Address]
    ) {
        var list = AddressList(value: value, charset: charset, limits: limits, addresses: addresses)
        addresses = []
        list.read()
        addresses = list.addresses
    }

    private init(value: Octets, charset: Charset?, limits: Limits, addresses: [Address]) {
        self.value = value
        self.charset = charset
        self.limits = limits
        self.addresses = addresses
    }

    private mutating func read() {
        while place < value.count, addresses.count < limits.addressesMax {
            readPiece()
        }
        finish()
    }

    private mutating func readPiece() {
        let byte = value[place]
        switch byte {
        case 0x22: readQuoted()
        case 0x28: readComment()
        case 0x3c: readAngle()
        case 0x2c, 0x3b:
            place += 1
            finish()
        case 0x3a:
            place += 1
            endGroupName()
        case 0x3d: readEncodedWord()
        default:
            if phrase.count < limits.valueBytesMax { phrase.append(byte) }
            place += 1
        }
    }

    /// An encoded word is taken whole: some hold commas and brackets that they should not.
    private mutating func readEncodedWord() {
        let isBegin = value[place..<(place + 2)].equals("=?")
        let end = isBegin ? EncodedWords.end(of: value, at: place, searched: &searched) : nil
        let stop = end ?? place + 1
        phrase.append(value[place..<stop])
        place = stop
    }

    /// `friends: a@x, b@x;` names a group, whose members are wanted and whose name is not.
    private mutating func endGroupName() {
        if phrase.contains(0x40) || angle != nil {
            phrase.append(0x3a)
        } else {
            phrase.removeAll(keepingCapacity: true)
            comment.removeAll(keepingCapacity: true)
        }
    }

    private mutating func readQuoted() {
        guard !isQuoteOpen, let end = endOfQuoted() else {
            isQuoteOpen = true
            place += 1
            return
        }
        // `"john doe"@example.com` is a local part; its marks belong to it.
        let isLocalPart = end + 1 < value.count && value[end + 1] == 0x40
        if isLocalPart {
            phrase.append(value[place..<(end + 1)])
        } else if phrase.count < limits.valueBytesMax {
            appendUnescaped(value[(place + 1)..<end], to: &phrase)
        }
        place = end + 1
    }

    private func endOfQuoted() -> Int? {
        var end = place + 1
        while end < value.count {
            if value[end] == 0x22 { return end }
            end += value[end] == 0x5c ? 2 : 1
        }
        return nil
    }

    private mutating func readComment() {
        guard !isCommentOpen, let end = endOfComment() else {
            isCommentOpen = true
            phrase.append(0x28)
            place += 1
            return
        }
        if comment.count < limits.valueBytesMax {
            if !comment.isEmpty { comment.append(0x20) }
            appendUnescaped(value[(place + 1)..<end], to: &comment)
        }
        phrase.append(0x20)
        place = end + 1
    }

    private func endOfComment() -> Int? {
        var depth = 0
        var end = place
        while end < value.count {
            switch value[end] {
            case 0x28: depth += 1
            case 0x29: depth -= 1
            case 0x5c: end += 1
            default: break
            }
            if depth == 0 { return end }
            end += 1
        }
        return nil
    }

    private mutating func readAngle() {
        if angle?.contains(0x40) == true { finishBeforeSecondAngle() }
        let rest = value.from(place + 1)
        let end = rest.firstIndex { $0 == 0x3e || $0 == 0x3c } ?? rest.count
        // Without its `>` an address ends where the next one must begin.
        let isClosed = end < rest.count && rest[end] == 0x3e
        let stop = isClosed ? end : rest.upTo(end).find(0x2c) ?? end
        if angle == nil || angle?.isEmpty == true { angle = rest.upTo(stop).trimmed }
        phraseBeforeAngle = phrase.count
        place += 1 + stop + (isClosed ? 1 : 0)
    }

    /// `A <a@x> B <b@x>`: somebody forgot the comma.
    private mutating func finishBeforeSecondAngle() {
        let next = Array(phrase[Swift.min(phraseBeforeAngle, phrase.count)...])
        phrase.removeLast(next.count)
        finish()
        phrase = next
    }

    private func appendUnescaped(_ octets: Octets, to bytes: inout [UInt8]) {
        var isEscaped = false
        for byte in octets {
            if byte == 0x5c, !isEscaped {
                isEscaped = true
            } else {
                bytes.append(byte)
                isEscaped = false
            }
        }
    }
}

extension AddressList {
    /// Ends one mailbox.
    private mutating func finish() {
        defer {
            phrase.removeAll(keepingCapacity: true)
            comment.removeAll(keepingCapacity: true)
            angle = nil
        }
        guard addresses.count < limits.addressesMax else { return }
        let name = decoded(phrase)
        if let angle {
            let address = addressText(angle)
            let name = name.isEmpty ? decoded(comment) : name
            if !address.isEmpty || !name.isEmpty {
                addresses.append(Address(name: name, address: address))
            }
        } else if let address = Self.split(name) {
            let name = address.name.isEmpty ? decoded(comment) : address.name
            addresses.append(Address(name: name, address: address.address))
        } else {
            let name = name.isEmpty ? decoded(comment) : name
            if !name.isEmpty { addresses.append(Address(name: name)) }
        }
    }

    private func decoded(_ bytes: [UInt8]) -> String {
        guard !bytes.isEmpty else { return "" }
        return bytes.withOctets { HeaderText.decode($0, charset: charset, limits: limits) }
    }

    /// What stands in angle brackets, without an obsolete route: `@relay,@relay:local@domain`.
    private func addressText(_ angle: Octets) -> String {
        var bare = angle
        if bare.first == 0x40, let colon = bare.find(0x3a) { bare = bare.from(colon + 1) }
        if bare.hasPrefix("mailto:") { bare = bare.from(7) }
        var text: [UInt8] = []
        EncodedWords.decode(bare.upTo(limits.valueBytesMax), charset: charset, into: &text)
        if !text.contains(0x22) { text = Self.withoutBlanksAndComments(text) }
        return HeaderText.oneLine(text, bytesMax: limits.textBytesMax)
    }

    /// `pete(his account) @silly.test` is an address, if an obsolete one.
    private static func withoutBlanksAndComments(_ text: [UInt8]) -> [UInt8] {
        guard text.contains(where: { $0.isBlank || $0 == 0x28 }) else { return text }
        var depth = 0
        let isWhole = text.count { $0 == 0x28 } == text.count { $0 == 0x29 }
        return text.filter { byte in
            if isWhole, byte == 0x28 { depth += 1 }
            if isWhole, byte == 0x29 { depth -= 1 }
            return depth <= 0 && !byte.isBlank && !(isWhole && byte == 0x29)
        }
    }

    /// Finds an address without angle brackets of its own: `a@x`, `Name a@x`, and, after decoding,
    /// `Name <a@x>`. Nil when the text holds none.
    private static func split(_ text: String) -> Address? {
        let bytes = Array(text.utf8)
        guard let sign = bytes.lastIndex(of: 0x40), sign > 0, sign + 1 < bytes.count else {
            return nil
        }
        guard !bytes[sign + 1].isBlank || !bytes[sign - 1].isBlank else {
            return join(bytes, around: sign)
        }
        var start = sign
        if bytes[sign - 1] == 0x22 {
            start = bytes[..<(sign - 1)].lastIndex(of: 0x22) ?? sign - 1
        } else {
            while start > 0, !isLimit(bytes[start - 1]) { start -= 1 }
        }
        var end = sign + 1
        while end < bytes.count, !isLimit(bytes[end]) { end += 1 }
        // `test . example` is one domain in the RFC's obsolete syntax.
        let tail = bytes[end...].split { $0.isBlank }
        if tail.count == 2, tail[0] == [0x2e] { return join(bytes, around: sign) }
        guard start < sign, end > sign + 1 else { return join(bytes, around: sign) }
        let rest = Array(bytes[..<start] + bytes[end...]).filter { $0 != 0x3c && $0 != 0x3e }
        return Address(
            name: HeaderText.oneLine(rest, bytesMax: rest.count),
            address: String(decoding: bytes[start..<end], as: UTF8.self))
    }

    /// `local @ domain`, as the RFC's obsolete syntax allows.
    private static func join(_ bytes: [UInt8], around sign: Int) -> Address? {
        let joined = bytes.filter { !$0.isBlank }
        let words = bytes.split { $0.isBlank }.count
        return words <= 3 ? Address(address: String(decoding: joined, as: UTF8.self)) : nil
    }

    private static func isLimit(_ byte: UInt8) -> Bool {
        byte.isBlank || byte == 0x3c || byte == 0x3e || byte == 0x22 || byte == 0x2c
    }
}
