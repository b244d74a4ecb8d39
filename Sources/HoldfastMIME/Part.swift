// SPDX-License-Identifier: Apache-2.0
// What the walk over a message comes by.

/// A leaf, or the beginning of a message.
struct Part {
    enum Kind {
        /// The message itself (depth 0) or one inside of it; its parts follow.
        case message
        /// A part that holds a message, which follows.
        case holder
        case leaf
    }

    let kind: Kind
    let header: Header
    let contentType: ParameterizedValue
    let type: MediaType
    /// Of a leaf, still encoded.
    let body: Octets
    /// How many messages and multiparts are around it.
    let depth: Int
    /// Of the message around it: what its raw header text is likely to be in.
    let headerCharset: Charset?

    var encoding: TransferEncoding { TransferEncoding(header.first(.transferEncoding)) }

    var charset: Charset? {
        contentType.raw("charset")?.withOctets { Charset(label: $0) }
    }

    func disposition(_ limits: Limits) -> ParameterizedValue {
        ParameterizedValue(header.first(.contentDisposition) ?? .empty, limits: limits)
    }

    /// The name that its headers give it; empty when there is none.
    func name(_ disposition: ParameterizedValue, limits: Limits) -> String {
        let name = disposition.text("filename", charset: headerCharset, limits: limits) ?? ""
        guard name.isEmpty else { return name }
        return contentType.text("name", charset: headerCharset, limits: limits) ?? ""
    }
}
