// SPDX-License-Identifier: Apache-2.0
// Addresses as the configuration writes them.

package import HoldfastSMTP

/// Where to listen, or whom to call.
package enum SocketPlace: Hashable, Sendable {
    case tcp(host: String, port: Int)
    case unix(path: String)
}

extension SocketPlace: LosslessStringConvertible {
    /// `host:port`, `[address]:port` or `unix:/path`.
    package init?(_ text: String) {
        if text.hasPrefix("unix:") {
            let path = text.dropFirst("unix:".count)
            guard path.hasPrefix("/"), path.utf8.count < 108 else { return nil }
            self = .unix(path: String(path))
            return
        }
        guard let colon = text.lastIndex(of: ":"),
            let port = UInt16(text[text.index(after: colon)...])
        else { return nil }
        var host = text[..<colon]
        if host.hasPrefix("["), host.hasSuffix("]") {
            host = host.dropFirst().dropLast()
        } else if host.contains(":") {
            return nil
        }
        guard !host.isEmpty else { return nil }
        self = .tcp(host: String(host), port: Int(port))
    }

    package var description: String {
        switch self {
        case .tcp(let host, let port): host.contains(":") ? "[\(host)]:\(port)" : "\(host):\(port)"
        case .unix(let path): "unix:\(path)"
        }
    }
}

/// Who takes released mail.
package struct Smarthost: Hashable, Sendable, LosslessStringConvertible {
    package let dialect: Dialect
    package let place: SocketPlace

    /// `host:port`, or with `lmtp:` before it.
    package init?(_ text: String) {
        let isLMTP = text.hasPrefix("lmtp:")
        guard let place = SocketPlace(isLMTP ? String(text.dropFirst("lmtp:".count)) : text) else {
            return nil
        }
        dialect = isLMTP ? .lmtp : .smtp
        self.place = place
    }

    package var description: String { (dialect == .lmtp ? "lmtp:" : "") + place.description }
}
