// SPDX-License-Identifier: Apache-2.0
// What `init --join` makes: a machine that only stores, in an installation that there is already.

internal import Foundation
internal import HoldfastDisk
internal import HoldfastNode

/// A machine of storages, all in one folder, that knows token and Registries of its installation.
struct JoinedMachine {
    var http: HostAndPort
    var storages: Int
    /// The name of the machine, of which the names of its storages are made.
    var host: String
    /// The Registry that let it in, as it is reached from here.
    var registry: String
    var answer: JoinAnswer

    /// The configuration, complete and commented.
    var configuration: String {
        var text = ConfigurationText(ConfigurationTemplate.text)
        text.set("[node]", "http", to: .text(http.description))
        if !http.isLoopback { text.set("[node]", "insecure_http", to: .boolean(true)) }
        text.set("[node]", "registries", to: .texts(registries))
        // Storages need no key: what they keep encrypted was encrypted before.
        text.set("[node]", "key_file", to: .text(""))
        let names = names
        text.set("[[storage]]", "name", to: .text(names[0]))
        text.set("[[storage]]", "folder", to: .text(names[0]))
        for name in names.dropFirst() {
            text.insert(
                ["", "[[storage]]", "name = \"\(name)\"", "folder = \"\(name)\""],
                behind: "[[storage]]")
        }
        text.keep(only: ["[node]", "[storage_defaults]", "[[storage]]"])
        return text.text
    }

    /// The one that let us in first; of the others those that are not it under another address.
    var registries: [String] {
        let path = registry.basePath
        return [registry] + answer.registries.filter { $0 != registry && $0.basePath != path }
    }

    /// Names that no node has yet: `storage-attic-1`.
    var names: [String] {
        var taken = Set(answer.names)
        let letters = host.lowercased().prefix { $0 != "." }
            .filter { $0.isASCII && ($0.isLetter || $0.isNumber || $0 == "-") }
        let machine = letters.isEmpty ? "x" : String(letters.prefix(40))
        return (1...storages).map { _ in
            var number = 1
            while !taken.insert("storage-\(machine)-\(number)").inserted { number += 1 }
            return "storage-\(machine)-\(number)"
        }
    }

    /// Makes everything in a folder that is empty or not there; takes it away again on failure.
    func make(in folder: String) throws {
        try NewFolder.make(folder) { folder, disk in
            for name in names { try disk.makeFolder("\(folder)/\(name)") }
            try disk.write(Array((answer.token + "\n").utf8), to: "\(folder)/token")
            // The last thing: a folder with a configuration is a whole one.
            try disk.write(Array(configuration.utf8), to: "\(folder)/holdfast.toml")
        }
    }
}

extension String {
    /// `/registry/name` of a base address: the same Registry may be reached by several addresses.
    fileprivate var basePath: Substring {
        dropFirst("http://".count).drop { $0 != "/" }
    }
}
