// SPDX-License-Identifier: Apache-2.0
// What all nodes of one process share: the section [node].

internal import HoldfastNode

/// `[node]`: where this process listens, whom it asks, and how it proves who it is.
struct NodeConfiguration: Sendable {
    /// Where the HTTP server listens.
    var http: HostAndPort
    /// Where others reach it; the same unless it is set.
    var address: HostAndPort
    /// Base addresses of Registries elsewhere.
    var registries: [String]
    var tokenFile: String
    /// Nil: no mail can be encrypted, or opened that was.
    var keyFile: String?
    /// The name of the machine; empty for the name that it has.
    var host: String
    /// Where it is remembered which disks the data folders lie on.
    var disksFile: String
    var logLevel: LogLevel
    /// Whoever reaches the HTTP server may otherwise read how much mail there is, and nothing of it.
    var metricsNeedToken: Bool

    /// The levels of swift-log.
    enum LogLevel: String, CaseIterable, Sendable {
        case trace, debug, info, notice, warning, error, critical
    }

    init(reading section: inout ConfigurationSection) throws(ConfigurationError) {
        let listening = try section.text("http", default: "127.0.0.1:7420")
        http = try Self.address(listening, key: "http", in: section)
        let reached = try section.text("address", default: "")
        address = reached.isEmpty ? http : try Self.address(reached, key: "address", in: section)
        if address.isEverywhere {
            throw section.error(
                "address",
                "must be set to HOST:PORT where others reach this machine, because http"
                    + " listens on all its addresses")
        }
        let isInsecure = try section.boolean("insecure_http", default: false)
        guard http.isLoopback || isInsecure else {
            throw section.error(
                "http",
                "is \"\(http)\", which other machines reach without TLS: listen on 127.0.0.1 behind a"
                    + " tunnel, or set insecure_http = true on a network that you trust")
        }
        registries = try section.texts("registries")
        for registry in registries where !Self.isBaseAddress(registry) {
            throw section.error(
                "registries",
                "holds \"\(registry)\"; it must be like"
                    + " \"http://10.0.0.1:7420/registry/registry\"")
        }
        tokenFile = try section.text("token_file", default: "token")
        let keyFile = try section.text("key_file", default: "")
        self.keyFile = keyFile.isEmpty ? nil : keyFile
        host = try section.text("host", default: "")
        disksFile = try section.text("disks_file", default: "disks.json")
        logLevel = try section.choice("log_level", default: .info)
        metricsNeedToken = try section.boolean("metrics_need_token", default: true)
        try section.finish()
    }

    private static func address(
        _ text: String, key: String, in section: ConfigurationSection
    ) throws(ConfigurationError) -> HostAndPort {
        guard let address = HostAndPort(text) else {
            throw section.error(
                key, "is \"\(text)\"; it must be HOST:PORT, like \"127.0.0.1:7420\"")
        }
        guard address.port > 0 else {
            throw section.error(
                key,
                "has port 0; it must be from 1 to 65535 (`holdfast init --http HOST:0` finds a"
                    + " free one)")
        }
        return address
    }

    private static func isBaseAddress(_ text: String) -> Bool {
        let rest = text.hasPrefix("http://") ? text.dropFirst(7) : ""
        let parts = rest.split(separator: "/", omittingEmptySubsequences: false)
        return parts.count == 3 && HostAndPort(String(parts[0])) != nil && parts[1] == "registry"
            && !parts[2].isEmpty
    }
}
