// SPDX-License-Identifier: Apache-2.0
// What must be so before anything is opened, and what a start that fails says.

internal import Foundation
internal import HoldfastDisk
internal import HoldfastGateway
internal import HoldfastLedger
internal import HoldfastNode
internal import HoldfastSegments

/// Looks at addresses and folders before anything is made: a start that fails leaves nothing behind.
struct StartCheck {
    let installation: Installation
    let disks: KnownDisks

    func run() throws {
        try checkAddresses()
        try checkSpool()
    }

    private func checkAddresses() throws {
        var wanted = [("[node] http", installation.node.http)]
        let gateway = installation.gateway?.configuration.component
        for (key, place) in [("[gateway] smtp", gateway?.smtp), ("[gateway] lmtp", gateway?.lmtp)] {
            switch place {
            case .tcp(let host, let port): wanted.append((key, HostAndPort(host: host, port: port)))
            case .unix(let path): try checkSocket(path, key)
            case nil: break
            }
        }
        for (key, address) in wanted {
            do {
                try Listening.check(address)
            } catch {
                throw wrong(
                    "\(key) = \"\(address)\" cannot be listened on (\(error)):"
                        + " give it another address, or stop what listens there")
            }
        }
    }

    private func checkSocket(_ path: String, _ key: String) throws {
        let folder = Path.folder(of: path)
        guard Path.isFolder(folder), access(folder, W_OK | X_OK) == 0 else {
            throw wrong(
                "\(key) = \"unix:\(path)\": \(folder) is no folder that may be written: make it, or"
                    + " name another")
        }
    }

    /// A folder is never made here: one that is missing is a disk that is not mounted, and new mail on
    /// the disk below would hide what lies on it.
    private func checkSpool() throws {
        guard let folder = installation.gateway?.configuration.spool else { return }
        let key = "[gateway] spool \"\(folder)\""
        guard Path.isFolder(folder) else {
            throw wrong(
                "\(key) is not there, or no folder: mount its disk, or, for a new spool, make the"
                    + " folder (mkdir)")
        }
        guard access(folder, R_OK | W_OK | X_OK) == 0 else {
            throw wrong("\(key) may not be read and written by this user: give it to them (chown)")
        }
        do {
            try disks.check(folder)
            try DataFolder.check(folder)
        } catch {
            throw wrong("\(key): \(error)\(StartFailure.cure(for: error))")
        }
    }

    private func wrong(_ text: String) -> Failure {
        Failure(.configuration, "\(installation.file): \(text)")
    }
}

/// What a start that fails says, and with which code it ends.
enum StartFailure {
    static func failure(_ error: any Error, _ installation: Installation) -> Failure {
        switch error {
        case let failure as Failure: failure
        case let error as ConfigurationError:
            Failure(.configuration, "\(installation.file): \(error)")
        default:
            full(error, installation)
                ?? Failure(code(for: error), "\(installation.file): \(error)\(cure(for: error))")
        }
    }

    /// A database says "disk I/O error" where it finds no room for the files beside it.
    private static func full(_ error: any Error, _ installation: Installation) -> Failure? {
        let folder = installation.dataFolders.first { folder in
            // A disk that does not answer is not full.
            (try? RealDisk().space(at: folder)).map { $0.free < roomBytesMin } ?? false
        }
        guard let folder, code(for: error) == .internalError else { return nil }
        return Failure(
            .temporaryFailure,
            "\(installation.file): \(error): the disk of \(folder) is full; make room there, and start"
                + " again")
    }

    private static let roomBytesMin: UInt64 = 1 << 20

    /// What an operator must put right is 78; room that is missing may come again.
    private static func code(for error: any Error) -> ExitStatus {
        switch error {
        case DataFolder.Problem.disk(.full), SegmentError.disk(.full), DiskError.full:
            .temporaryFailure
        case is DataFolder.Problem, LedgerError.newer: .configuration
        default: .internalError
        }
    }

    /// The end of the sentence; empty where the error says it, or nobody knows.
    static func cure(for error: any Error) -> String {
        switch error {
        case DataFolder.Problem.disk(.locked):
            ": stop the other `holdfast serve`, or name another folder"
        case DataFolder.Problem.disk(.full), SegmentError.disk(.full), DiskError.full:
            ": make room there, and start again"
        case LedgerError.newer: "; run that version here, or name another folder"
        case DataFolder.Problem.unreadable:
            ": bring the file back, or remove it, and the node gets a new identity"
        default: ""
        }
    }
}
