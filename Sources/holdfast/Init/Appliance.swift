// SPDX-License-Identifier: Apache-2.0
// What `init` makes: the folders and files of a self-contained appliance.

internal import HoldfastDisk
internal import HoldfastNode
internal import HoldfastSegments

/// An appliance in one folder: all roles, with its storages on one disk.
struct Appliance {
    var http: HostAndPort
    var smtp: String
    var lmtp: String
    var storages: Int
    var copies: Int
    var smarthost: String

    /// The configuration, complete and commented.
    var configuration: String {
        var text = ConfigurationText(ConfigurationTemplate.text)
        text.set("[node]", "http", to: .text(http.description))
        if !http.isLoopback { text.set("[node]", "insecure_http", to: .boolean(true)) }
        if sharesADisk {
            text.set("[storage_defaults]", "copies_may_share_a_disk", to: .boolean(true))
            text.set("[dal]", "copies_may_share_a_disk", to: .boolean(true))
        }
        for number in 1...storages where number > 1 {
            let added = [
                "", "[[storage]]", "name = \"storage-\(number)\"", "folder = \"storage-\(number)\"",
            ]
            text.insert(added, behind: "[[storage]]")
        }
        let places = [("smtp", smtp), ("lmtp", lmtp), ("smarthost", smarthost)]
        for (key, place) in places where !place.isEmpty {
            text.set("[gateway]", key, to: .text(place))
        }
        if copies > 1 { text.set("[gateway]", "copies", to: .integer(copies)) }
        return text.text
    }

    /// Its storages lie in one folder, so on one disk (D7).
    var sharesADisk: Bool { copies > 1 }

    /// Makes everything in a folder that is empty or not there; takes it away again on failure.
    func make(in folder: String) throws {
        try NewFolder.make(folder, fill)
    }

    private func fill(_ folder: String, _ disk: RealDisk) throws {
        for number in 1...storages { try disk.makeFolder("\(folder)/storage-\(number)") }
        try disk.makeFolder("\(folder)/spool")
        let token = (0..<4).map { _ in UInt64.random(in: .min ... .max) }
            .map { String($0, radix: 36) }.joined()
        try disk.write(Array((token + "\n").utf8), to: "\(folder)/token")
        try disk.write(Array(KeyRing.freshLine(number: 1).utf8), to: "\(folder)/keys")
        // The last thing: a folder with a configuration is a whole one.
        try disk.write(Array(configuration.utf8), to: "\(folder)/holdfast.toml")
    }
}
