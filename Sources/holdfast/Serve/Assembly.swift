// SPDX-License-Identifier: Apache-2.0
// The components of this process, made by hand and in view.

internal import HoldfastDAL
internal import HoldfastDisk
internal import HoldfastGateway
internal import HoldfastHelper
internal import HoldfastModel
internal import HoldfastNode
internal import HoldfastRegistry
internal import HoldfastSegments
internal import HoldfastStorage
internal import Logging

/// Opens what the installation names, in the order in which they depend on each other.
struct Assembly {
    let installation: Installation
    let surroundings: Surroundings
    let keys: KeyRing
    let disks: KnownDisks

    /// Closes again what was opened before a component could not be.
    func open() async throws -> [any Component] {
        var opened: [any Component] = []
        do {
            if let part = installation.registry {
                opened.append(
                    try await RegistryComponent(
                        name: part.name, linksFile: part.configuration,
                        surroundings: surroundings))
            }
            if let part = installation.dal {
                opened.append(
                    try await DALComponent(
                        name: part.name, configuration: part.configuration,
                        surroundings: surroundings))
            }
            opened += await openStorages()
            if let part = installation.helper {
                opened.append(HelperComponent(name: part.name, surroundings: surroundings))
            }
            if let part = installation.gateway {
                opened.append(try await gateway(part))
            }
        } catch {
            for component in opened.reversed() { await component.close() }
            throw error
        }
        remember(opened)
        return opened
    }

    /// Notes on which disks the folders lie that were opened.
    private func remember(_ opened: [any Component]) {
        let leftOut = opened.filter { $0 is LeftOutStorage }.map(\.path.name)
        let spool = [installation.gateway?.configuration.spool].compactMap(\.self)
        let storages = installation.storages.filter { !leftOut.contains($0.name) }
        var now = disks
        now.keep(only: installation.storages.map(\.configuration.folder) + spool)
        now.remember(
            (storages.map(\.configuration.folder) + spool).compactMap { DataPlace(at: $0) })
        guard now != disks else { return }
        do {
            try now.write(to: installation.resolved(installation.node.disksFile))
        } catch {
            surroundings.logger.warning(
                "The disks of the storages are not remembered", metadata: ["reason": "\(error)"])
        }
    }

    private func gateway(_ part: Part<GatewaySection>) async throws -> any Component {
        let component = try await GatewayComponent(
            name: part.name, configuration: part.configuration.component,
            folder: part.configuration.spool, keys: keys, surroundings: surroundings)
        do {
            try await component.bind()
        } catch {
            await component.close()
            throw error
        }
        return component
    }

    /// All at once: each recovers its own disk.
    private func openStorages() async -> [any Component] {
        await withTaskGroup(of: (Int, any Component).self) { group in
            for (place, part) in installation.storages.enumerated() {
                group.addTask { (place, await storage(part)) }
            }
            var all: [(Int, any Component)] = []
            for await opened in group { all.append(opened) }
            return all.sorted { $0.0 < $1.0 }.map(\.1)
        }
    }

    /// The storage, or one that stands in for it and says why.
    private func storage(_ part: Part<StorageConfiguration>) async -> any Component {
        do {
            let folder = part.configuration.folder
            guard try FileStatus(of: folder).kind == .folder else {
                throw DiskError.notFolder(path: folder)
            }
            try disks.check(folder)
            return try await StorageComponent.open(
                name: part.name, configuration: part.configuration, surroundings: surroundings)
        } catch {
            surroundings.logger.error(
                "Storage left out", metadata: ["node": "\(part.name)", "reason": "\(error)"])
            return LeftOutStorage(name: part.name, reason: "\(error)")
        }
    }
}
