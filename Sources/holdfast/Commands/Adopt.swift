// SPDX-License-Identifier: Apache-2.0
// `holdfast adopt`: a new identity for a data folder that was moved, cloned or restored.

internal import ArgumentParser
internal import HoldfastDisk
internal import HoldfastNode
internal import HoldfastStorage

struct Adopt: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Give a data folder that was moved, cloned or restored a new identity.",
        discussion: """
            Example: holdfast adopt /srv/disk2/storage-1

            A storage or a spool whose folder lies on another disk than before, or is a copy, does not \
            start: two nodes with one identity would spoil each other's places. With a new one it starts, \
            and a storage ships the entries of all that it holds again. Nothing in it changes but \
            holdfast.node. Stop `holdfast serve` before, and start it afterwards; never serve the folder \
            from which a spool was copied again, because orders in both would be sent twice. An empty folder \
            on another disk than before stays out too, because its disk may not be mounted: adopted, it is \
            a new storage. Exit code 78: the folder is in use, or is no data folder.
            """,
        helpNames: .long)

    @OptionGroup var config: ConfigOption
    @Argument(help: ArgumentHelp("The data folder.", valueName: "folder")) var folder: String

    func run() async throws {
        let thread = DiskThread(name: "adopt")
        let said = try await thread.run { [self] in
            do {
                let adoption = try RecordKeeper.adopt(folder)
                let old = adoption.old.map { "\($0)" } ?? "unknown"
                return
                    "\(folder): node \(adoption.new) (before: \(old)), \(adoption.segments) segments\n"
            } catch DiskError.absent {
                guard try isNewPlace() else {
                    throw Failure(
                        .configuration,
                        "\(folder) is no data folder: it has neither holdfast.node nor segments")
                }
                return "\(folder): new, and no longer that of another disk\n"
            } catch {
                throw Failure(.configuration, "\(error)\(StartFailure.cure(for: error))")
            }
        }
        try await Output.standard.write(said)
        await Output.say(notice)
    }

    /// Whether the folder was one whose disk seemed to be away; it counts as new from now on.
    private func isNewPlace() throws -> Bool {
        guard Path.isFolder(folder), let installation = try? config.installation() else {
            return false
        }
        let file = installation.resolved(installation.node.disksFile)
        var disks = try KnownDisks(file: file)
        guard disks.forget(folder) else { return false }
        try disks.write(to: file)
        return true
    }

    /// What is to be done next, as far as the configuration tells.
    private var notice: String {
        guard let installation = try? config.installation() else {
            return "Name the folder in the configuration, and start `holdfast serve`."
        }
        let named =
            installation.storages.map(\.configuration.folder)
            + [installation.gateway?.configuration.spool].compactMap(\.self)
        guard named.contains(where: { Path.isSame($0, folder) }) else {
            return "\(installation.file) names this folder nowhere: add it, then start"
                + " `holdfast serve`."
        }
        return "It is a node of its own from the next start of `holdfast serve` on."
    }
}
