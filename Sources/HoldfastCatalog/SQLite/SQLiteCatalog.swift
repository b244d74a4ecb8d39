// SPDX-License-Identifier: Apache-2.0
// The catalog in one SQLite file, for an office that one machine is enough for.

internal import Foundation
internal import GRDB
internal import HoldfastModel
internal import Synchronization

/// A catalog in an SQLite file: one writer, whose commits are synced, and some readers beside it.
package final class SQLiteCatalog: Catalog {
    private let database: any DatabaseWriter
    /// Nil for a catalog in memory.
    private let path: String?
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
    package init(path: String?, limits: Limits = Limits()) throws(CatalogError) {
        self.path = path
        var configuration = Configuration()
        configuration.label = "catalog"
        configuration.maximumReaderCount = limits.readersMax
        configuration.busyMode = .timeout(10)
        let (readerBytes, writerBytes) = (limits.readerCacheBytesMax, limits.writerCacheBytesMax)
        configuration.prepareDatabase { database in
            try database.execute(sql: "PRAGMA cache_size = -\(readerBytes >> 10)")
        }
        do {
            database =
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
            try database.write { try Schema.migrate($0, path: path ?? Self.nowhere) }
        } catch {
            throw CatalogError(error, path: path ?? Self.nowhere)
        }
    }

    /// Another one in memory that holds the same.
    package func copy() throws(CatalogError) -> SQLiteCatalog {
        let copy = try SQLiteCatalog(path: nil)
        do {
            try database.backup(to: copy.database)
        } catch {
            throw CatalogError(error, path: path ?? Self.nowhere)
        }
        return copy
    }

    private static let nowhere = "in memory"

    package func giveMemoryBack() {
        (database as? DatabasePool)?.releaseMemoryEventually()
    }

    /// Reads from one state of the catalog, whatever is written meanwhile.
    func read<Answer>(_ body: (Database) throws -> Answer) throws(CatalogError) -> Answer {
        do {
            return try database.read(body)
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
