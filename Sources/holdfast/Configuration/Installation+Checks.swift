// SPDX-License-Identifier: Apache-2.0
// What the parts of a configuration must not share.

internal import HoldfastGateway
internal import HoldfastNode
internal import HoldfastStorage

extension Installation {
    /// A name stands for one node, in the roster and in locations.
    func checkNames() throws(ConfigurationError) {
        let parts: [(section: String, name: String?)] =
            [
                ("[registry]", registry?.name), ("[helper]", helper?.name), ("[dal]", dal?.name),
                ("[gateway]", gateway?.name),
            ] + storages.map { ("[[storage]]", $0.name) }
        var sections: [String: String] = [:]
        for (section, name) in parts {
            guard let name else { continue }
            if let other = sections.updateValue(section, forKey: name) {
                throw ConfigurationError(
                    "\(section) name \"\(name)\" comes twice (\(other)); each node needs a name of its"
                        + " own")
            }
        }
    }

    /// A data folder belongs to one node.
    func checkFolders() throws(ConfigurationError) {
        var owners: [String: String] = [:]
        let storages = storages.map { ("[[storage]]", $0.name, $0.configuration.folder) }
        let spool = gateway.map { [("[gateway]", $0.name, $0.configuration.spool)] } ?? []
        for (section, name, folder) in spool + storages {
            if let other = owners.updateValue(name, forKey: folder) {
                throw ConfigurationError(
                    "\(section) folder \"\(folder)\" is named by \(other) and \(name); each needs a"
                        + " folder of its own")
            }
        }
    }

    /// Two listeners cannot have one address.
    func checkAddresses() throws(ConfigurationError) {
        let component = gateway?.configuration.component
        let wanted =
            [("[gateway] smtp", component?.smtp), ("[gateway] lmtp", component?.lmtp)]
            .compactMap { key, place in place.map { (key, $0.description) } }
            .filter { !$0.1.hasSuffix(":0") }
        var keys = [node.http.description: "[node] http"]
        for (key, address) in wanted {
            if let other = keys.updateValue(key, forKey: address) {
                throw ConfigurationError(
                    "\(key) = \"\(address)\" is the address of \(other) too; each needs its own")
            }
        }
    }
}
