// SPDX-License-Identifier: Apache-2.0
// The catalog in one SQLite file, for an office that one machine is enough for.

internal import Foundation
internal import GRDB
internal import HoldfastModel
internal import Synchronization

/// A catalog in an SQLite file: one writer, whose commits are synced, and some readers beside it.
package final class SQLiteCatalog: Catalog {
    /// Nil for a catalog in memory.
    private let path: String?
    private let limits: Limits
    /// Nil while it is exchanged.
    private let open: Mutex<(any DatabaseWriter)?>
    private let damage = Atomic(false)

    /// How much memory and how many connections a catalog takes.
    package struct Limits: Sendable {
        package var writerCacheBytesMax = 32 << 20
        package var readerCacheBytesMax = 8 << 20
        package var readersMax = 4
        /// The write-ahead log is written back when it has so many pages.
        package var logPagesMax = 8192

        package init() {}
    }

    /// Opens the catalog at `path`, or makes one there.
    ///
    /// - Parameter path: nil keeps the catalog in memory, as a simulation does.
    package convenience init(path: String?, limits: Limits = Limits()) throws(CatalogError) {
        try self.init(path: path, limits: limits, like: nil)
    }

    private init(
        path: String?, limits: Limits, like other: (any DatabaseWriter)?
    ) throws(CatalogError) {
        self.path = path
        self.limits = limits
        do {
            open = Mutex(try Self.database(path, limits, like: other))
        } catch {
            throw CatalogError(error, path: path ?? Self.nowhere)
        }
    }

    private static func database(
        _ path: String?, _ limits: Limits, like other: (any DatabaseWriter)? = nil
    ) throws -> any DatabaseWriter {
        var configuration = Configuration()
        configuration.label = "catalog"
        configuration.maximumReaderCount = limits.readersMax
        configuration.busyMode = .timeout(10)
        let (readerBytes, writerBytes) = (limits.readerCacheBytesMax, limits.writerCacheBytesMax)
        configuration.prepareDatabase { database in
            try database.execute(sql: "PRAGMA cache_size = -\(readerBytes >> 10)")
        }
        let database: any DatabaseWriter =
            if let path {
                try DatabasePool(path: path, configuration: configuration)
            } else {
                try DatabaseQueue(configuration: configuration)
            }
        try database.writeWithoutTransaction { database in
            // A commit that was answered survives a power cut.
            try database.execute(sql: "PRAGMA synchronous = FULL")
            try database.execute(sql: "PRAGMA secure_delete = OFF")
            try database.execute(sql: "PRAGMA cache_size = -\(writerBytes >> 10)")
            try database.execute(sql: "PRAGMA wal_autocheckpoint = \(limits.logPagesMax)")
            let logBytes = limits.logPagesMax * 4096 * 2
            try database.execute(sql: "PRAGMA journal_size_limit = \(logBytes)")
        }
        if let other { try other.backup(to: database) }
        try database.write { try Schema.migrate($0, path: path ?? nowhere) }
        return database
    }

    /// Another one in memory that holds the same.
    package func copy() throws(CatalogError) -> SQLiteCatalog {
        try SQLiteCatalog(path: nil, limits: limits, like: try database)
    }

    private static let nowhere = "in memory"

    /// Who asks while the catalog is being exchanged must ask again.
    private var database: any DatabaseWriter {
        get throws(CatalogError) {
            guard let database = open.withLock({ $0 }) else {
                throw .failed("the catalog is being made anew")
            }
            return database
        }
    }

    package func renew(beside other: String) throws(CatalogError) {
        let old = open.withLock { open in
            defer { open = nil }
            return open
        }
        do {
            // Its log and index have names that the new one's will have.
            try old?.close()
            if let path { setAside(path, as: other) }
            let new = try Self.database(path, limits)
            do {
                try Self.copyOwn(from: other, into: new)
            } catch {
                // What cannot be read is why it was made anew.
            }
            open.withLock { $0 = new }
            damage.store(false, ordering: .releasing)
        } catch {
            // Another one can only be tried again with what is there.
            let again = try? Self.database(path, limits)
            open.withLock { $0 = again }
            throw CatalogError(error, path: path ?? Self.nowhere)
        }
    }

    private func setAside(_ path: String, as other: String) {
        for ending in ["", "-wal", "-shm"] {
            unlink(other + ending)
            rename(path + ending, other + ending)
        }
        unlink(Self.mark(of: path))
    }

    /// Orders and wishes, and whom they wait for, are what nobody else may have yet; nobody else counts what
    /// has expired, or knows who was declared lost.
    private static func copyOwn(from other: String, into database: any DatabaseWriter) throws {
        try database.writeWithoutTransaction { database in
            try database.execute(sql: "ATTACH ? AS old", arguments: [other])
            defer { try? database.execute(sql: "DETACH old") }
            try database.execute(
                sql: """
                    INSERT INTO qt_orders SELECT * FROM old.qt_orders WHERE stage <> 'finished';
                    INSERT INTO qt_days SELECT * FROM old.qt_days;
                    INSERT INTO qt_holds SELECT * FROM old.qt_holds;
                    INSERT INTO qt_purges SELECT * FROM old.qt_purges;
                    INSERT INTO qt_nodes (id, node, name, position, disk, host, entries, counts, gone)
                        SELECT id, node, name, 0, disk, host, 0, counts, gone FROM old.qt_nodes
                        WHERE gone OR id IN (SELECT node FROM old.qt_dues);
                    INSERT INTO qt_dues SELECT * FROM old.qt_dues;
                    UPDATE qt_totals SET
                        holds_number = (SELECT holds_number FROM old.qt_totals),
                        disks_may_be_shared = (SELECT disks_may_be_shared FROM old.qt_totals);
                    INSERT INTO qt_marks SELECT * FROM old.qt_marks;
                    """)
        }
    }

    package func giveMemoryBack() {
        (open.withLock { $0 } as? DatabasePool)?.releaseMemoryEventually()
    }

    /// Reads from one state of the catalog, whatever is written meanwhile.
    func read<Answer>(_ body: (Database) throws -> Answer) throws(CatalogError) -> Answer {
        do {
            let database = try database
            // In memory there is one connection, and nobody to be kept apart from.
            return path == nil
                ? try database.writeWithoutTransaction(body) : try database.read(body)
        } catch {
            throw noted(CatalogError(error, path: path ?? Self.nowhere))
        }
    }

    /// Writes all of it or nothing.
    func write<Answer>(_ body: (Database) throws -> Answer) throws(CatalogError) -> Answer {
        do {
            return try database.write(body)
        } catch {
            throw noted(CatalogError(error, path: path ?? Self.nowhere))
        }
    }
}

extension SQLiteCatalog {
    package var isDamaged: Bool { damage.load(ordering: .acquiring) }

    /// The file that says that the catalog at a path is damaged, for the next start.
    package static func mark(of path: String) -> String { path + ".damaged" }

    /// Leaves a mark beside the file; were it lost, the next start would meet the damage again.
    private func noted(_ error: CatalogError) -> CatalogError {
        if case .damaged = error {
            damage.store(true, ordering: .releasing)
            guard let path else { return error }
            _ = FileManager.default.createFile(atPath: Self.mark(of: path), contents: nil)
        }
        return error
    }
}

extension CatalogError {
    fileprivate init(_ error: any Error, path: String) {
        switch error {
        case let error as CatalogError: self = error
        case let error as DatabaseError: self.init(error, path: path)
        default: self = .failed("\(error)")
        }
    }

    private init(_ error: DatabaseError, path: String) {
        let words = "\(error.resultCode.rawValue) \(error.message ?? "") (\(path))"
        switch error.resultCode {
        case .SQLITE_FULL: self = .full
        case .SQLITE_NOTADB, .SQLITE_CORRUPT: self = .damaged(words)
        case .SQLITE_CANTOPEN, .SQLITE_READONLY, .SQLITE_PERM, .SQLITE_AUTH:
            self = .notOpen(error.message ?? "\(error.resultCode)")
        default: self = .failed(words)
        }
    }
}
