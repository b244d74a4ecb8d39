// SPDX-License-Identifier: Apache-2.0
// `host:port`, as the configuration and the command line give it.

/// Where something listens.
struct HostAndPort: Hashable, Sendable, CustomStringConvertible {
    /// A name or an address; an IPv6 address without its brackets.
    var host: String
    var port: Int

    init(host: String, port: Int) {
        self.host = host
        self.port = port
    }

    /// Nil unless it is `host:port`, with brackets around an IPv6 address.
    init?(_ text: String) {
        guard let colon = text.lastIndex(of: ":"),
            let port = Int(text[text.index(after: colon)...]), (0...65535).contains(port)
        else { return nil }
        var host = text[..<colon]
        if host.hasPrefix("["), host.hasSuffix("]") {
            host = host.dropFirst().dropLast()
        } else if host.contains(":") {
            return nil
        }
        guard !host.isEmpty, host.utf8.allSatisfy({ $0 > 0x20 && $0 < 0x7f && $0 != 0x2f }) else {
            return nil
        }
        self.init(host: String(host), port: port)
    }

    /// Of the base address of a node.
    init?(ofBase address: String) {
        guard address.hasPrefix("http://") else { return nil }
        self.init(String(address.dropFirst(7).prefix { $0 != "/" }))
    }

    var description: String {
        host.contains(":") ? "[\(host)]:\(port)" : "\(host):\(port)"
    }

    /// Only this machine reaches it.
    var isLoopback: Bool { host == "localhost" || host == "::1" || host.hasPrefix("127.") }

    /// It stands for every address of the machine, so nobody else can use it to call us.
    var isEverywhere: Bool { host == "0.0.0.0" || host == "::" }
}
