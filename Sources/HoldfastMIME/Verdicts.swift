// SPDX-License-Identifier: Apache-2.0
// The headers in which scanners say what they thought.

enum Verdicts {
    /// Whole families: `X-Spam-Status`, `X-Amavis-Alert`, `X-Quarantine-ID` and their like.
    private static let families: [StaticString] = [
        "x-amavis-", "x-barracuda-", "x-bogosity", "x-cloudmark-", "x-crm114-", "x-dspam-",
        "x-forefront-antispam", "x-halon-", "x-ironport-anti", "x-mailscanner",
        "x-microsoft-antispam",
        "x-mimecast-spam", "x-ms-exchange-organization-scl", "x-pmx-", "x-proofpoint-",
        "x-quarantine-", "x-rspamd-", "x-sophos-", "x-spam", "x-virus-",
    ]

    /// Names as a whole.
    private static let names: [StaticString] = [
        "authentication-results", "arc-authentication-results", "received-spf", "x-virus",
    ]

    static func isVerdict(_ name: Octets) -> Bool {
        switch name.first?.lowercased {
        case .ascii("x"): families.contains { name.hasPrefix($0) } || name.equals("x-virus")
        case .ascii("a"), .ascii("r"): names.contains { name.equals($0) }
        default: false
        }
    }

    /// `Name: value` of every verdict, the value unfolded and decoded.
    static func texts(_ header: Header, charset: Charset?, limits: Limits) -> [String] {
        var texts: [String] = []
        for field in header.fields where field.name == .verdict && texts.count < limits.verdictsMax
        {
            let name = String(decoding: field.writtenName.buffer, as: UTF8.self)
            let value = HeaderText.decode(field.value, charset: charset, limits: limits)
            texts.append("\(name): \(value)")
        }
        return texts
    }
}
