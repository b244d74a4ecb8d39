// SPDX-License-Identifier: Apache-2.0
// Everything that holdfast.toml says, checked, with its paths made whole.

internal import Foundation
internal import HoldfastDAL
internal import HoldfastDisk
internal import HoldfastGateway
internal import HoldfastModel
internal import HoldfastNode
internal import HoldfastSegments
internal import HoldfastStorage

/// One role's section, and the name of the node that it makes.
struct Part<Configuration: Sendable>: Sendable {
    var name: String
    var configuration: Configuration
}

/// `[gateway]`: the component's own part, and where its spool lies.
struct GatewaySection: Sendable {
    var component: GatewayConfiguration
    var spool: String
}

/// What `holdfast.toml` makes of this machine. A role without a section is not run here.
struct Installation: Sendable {
    /// The file; its errors name it, and its relative paths begin in its folder.
    let file: String
    let node: NodeConfiguration
    /// With the path of its links file.
    private(set) var registry: Part<String>?
    private(set) var helper: Part<Void>?
    private(set) var storages: [Part<StorageConfiguration>] = []
    private(set) var dal: Part<DALConfiguration>?
    private(set) var gateway: Part<GatewaySection>?

    init(file path: String) throws {
        let text: String
        do {
            text = try RealDisk().text(of: path)
        } catch {
            throw Failure(
                .configuration,
                "\(error); name a configuration with --config, or make one with `holdfast init`")
        }
        let added = try AddedFiles(beside: path)
        do {
            try self.init(text: text, added: added.read(), file: path)
        } catch let error as ConfigurationError {
            throw Failure(.configuration, "\(path)\(added.hint): \(error)")
        }
    }

    /// - Parameter added: what is laid over the text, in this order.
    init(
        text: String, added: [ConfigurationFile] = [], file path: String
    ) throws(ConfigurationError) {
        file = path
        var found = try ConfigurationFile(text)
        for file in added { found.lay(file) }
        var section = found.section("node") ?? ConfigurationSection(name: "node", values: [:])
        node = try NodeConfiguration(reading: &section)
        registry = try Self.part(found, .registry) { section throws(ConfigurationError) in
            resolved(try section.text("links_file", default: "links.json"))
        }
        helper = try Self.part(found, .helper) { _ throws(ConfigurationError) in }
        storages = try readStorages(found)
        let folder = Path.folder(of: path)
        dal = try Self.part(found, .dal) { section throws(ConfigurationError) in
            try DALConfiguration(reading: &section, folder: folder)
        }
        gateway = try Self.part(found, .gateway) { section throws(ConfigurationError) in
            let spool = resolved(try section.text("spool", default: "spool"))
            var component = try GatewayConfiguration(reading: &section, hostname: host)
            if component.hostname.isEmpty { component.hostname = host }
            return GatewaySection(component: component, spool: spool)
        }
        try checkNames()
        try checkFolders()
        try checkAddresses()
        guard registry != nil || !node.registries.isEmpty else {
            throw ConfigurationError(
                "[node] registries must name a Registry, because there is no section [registry]")
        }
    }

    /// Base addresses of the Registries: our own first.
    var registries: [String] {
        let own = registry.map { [address(of: NodePath(role: .registry, name: $0.name))] } ?? []
        return own + node.registries.filter { !own.contains($0) }
    }

    /// Where others reach one of our nodes.
    func address(of path: NodePath) -> String { "http://\(node.address)\(path.text)" }

    /// The name of this machine.
    var host: String { node.host.isEmpty ? ProcessInfo.processInfo.hostName : node.host }

    /// Where its nodes keep what they keep, and its catalog.
    var dataFolders: [String] {
        let folders =
            storages.map(\.configuration.folder)
            + [gateway?.configuration.spool, dal.map { Path.folder(of: $0.configuration.path) }]
            .compactMap(\.self)
        return folders.filter(Path.isFolder)
    }

    /// A path as the file gives it: relative ones begin in the file's folder.
    func resolved(_ path: String) -> String {
        path.hasPrefix("/") ? path : "\(Path.folder(of: file))/\(path)"
    }
}

extension Installation {
    /// Reads one role's section, its name first; nil when the file does not have it.
    private static func part<Configuration>(
        _ file: ConfigurationFile, _ role: Role,
        _ read: (inout ConfigurationSection) throws(ConfigurationError) -> Configuration
    ) throws(ConfigurationError) -> Part<Configuration>? {
        guard var section = file.section(role.rawValue) else { return nil }
        let name = try section.nodeName(default: role.rawValue)
        let configuration = try read(&section)
        try section.finish()
        return Part(name: name, configuration: configuration)
    }

    /// Each `[[storage]]` over the values of `[storage_defaults]`.
    private func readStorages(
        _ found: ConfigurationFile
    ) throws(ConfigurationError) -> [Part<StorageConfiguration>] {
        let defaults = found.sections["storage_defaults"] ?? [:]
        var section = ConfigurationSection(name: "storage_defaults", values: defaults)
        _ = try StorageConfiguration(reading: &section, folder: "", host: "")
        try section.finish()
        return try found.storages.enumerated().map { place, own throws(ConfigurationError) in
            let values = defaults.merging(own) { $1 }
            var section = ConfigurationSection(name: "[storage]", values: values)
            let name = try section.nodeName(default: "storage-\(place + 1)")
            let folder = try section.text("folder", default: name)
            let configuration = try StorageConfiguration(
                reading: &section, folder: resolved(folder), host: host)
            try section.finish()
            return Part(name: name, configuration: configuration)
        }
    }
}

extension ConfigurationSection {
    /// The name of the node: a word that can stand in an address.
    fileprivate mutating func nodeName(
        default standard: String
    ) throws(ConfigurationError) -> String {
        let name = try text("name", default: standard)
        let letters = Set("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789.-_")
        guard (1...63).contains(name.count), name.allSatisfy(letters.contains) else {
            throw error(
                "name",
                "is \"\(name)\"; it must be 1 to 63 letters, digits, dots, hyphens or"
                    + " underscores")
        }
        return name
    }
}
