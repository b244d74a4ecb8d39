// SPDX-License-Identifier: Apache-2.0
// What a part says it is.

/// `type/subtype` of a Content-Type.
struct MediaType {
    enum Kind {
        /// Text without markup, also that of a delivery report.
        case plain
        case html
        case multipart
        /// A message inside this one.
        case message
        case other
    }

    let kind: Kind
    /// As written; empty when the part did not say, or said nonsense.
    private let written: Octets
    private let fallback: StaticString

    /// RFC 2045, 5.2: what is missing or malformed is plain text; inside a digest, a message.
    init(_ written: Octets?, inDigest: Bool = false) {
        let bare = written.flatMap(Self.wellFormed)
        self.written = bare ?? .empty
        fallback = inDigest && written == nil ? "message/rfc822" : "text/plain"
        kind = bare.map(Self.kind) ?? (inDigest && written == nil ? .message : .plain)
    }

    /// In lower case: `application/pdf`.
    var text: String {
        if written.isEmpty { return "\(fallback)" }
        return written.upTo(120).filter { !$0.isBlank }.withOctets(\.lowercasedText)
    }

    var isDigest: Bool { written.equals("multipart/digest") }
    var isText: Bool { written.isEmpty || written.hasPrefix("text/") }

    private static func wellFormed(_ written: Octets) -> Octets? {
        guard let slash = written.find(0x2f), slash > 0, slash + 1 < written.count else {
            return nil
        }
        return written
    }

    private static func kind(_ type: Octets) -> Kind {
        if type.hasPrefix("text/") {
            if type.equals("text/html") || type.equals("text/x-html") { return .html }
            return type.equals("text/rtf") ? .other : .plain
        }
        if type.hasPrefix("multipart/") { return .multipart }
        if type.hasPrefix("message/") {
            if type.equals("message/rfc822") || type.equals("message/global")
                || type.equals("message/news")
            {
                return .message
            }
            return Self.reports.contains { type.equals($0) } ? .plain : .other
        }
        return type.equals("application/xhtml+xml") ? .html : .other
    }

    /// Parts of reports that are text in all but name.
    private static let reports: [StaticString] = [
        "message/delivery-status", "message/global-delivery-status",
        "message/disposition-notification",
        "message/feedback-report", "message/rfc822-headers", "message/global-headers",
    ]
}
