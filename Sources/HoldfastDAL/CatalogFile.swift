// SPDX-License-Identifier: Apache-2.0
// The file of a catalog: that nobody else has it, and what happens when it cannot be read.

internal import HoldfastCatalog
internal import HoldfastDisk
internal import HoldfastNode
internal import Logging

/// A catalog in an SQLite file that this process alone has open.
struct CatalogFile: Sendable {
    let catalog: SQLiteCatalog
    private let lock: RealFile

    /// What people are told as long as a damaged catalog is in use.
    static let notice =
        "the catalog is damaged; the next start makes it again from the storages"

    /// Opens the catalog, or makes one. One that is damaged, now or by the last run's word, is set aside
    /// and made anew: it is derived, and the storages ship everything again.
    ///
    /// Throws a `ConfigurationError` where a person must do something first.
    static func open(_ path: String, logger: Logger) throws -> CatalogFile {
        do {
            let lock = try RealDisk().lock(path + ".lock")
            return CatalogFile(catalog: try catalog(path, logger: logger), lock: lock)
        } catch let error as DiskError {
            throw problem(path, "\(error)", error.cure)
        } catch let error as CatalogError {
            guard let cure = error.cure else { throw error }
            throw problem(path, "\(error)", cure)
        }
    }

    /// Lets another process have the file.
    func leave() {
        lock.unlock()
    }

    private static func catalog(_ path: String, logger: Logger) throws -> SQLiteCatalog {
        let (disk, mark) = (RealDisk(), SQLiteCatalog.mark(of: path))
        do {
            if disk.exists(mark) { throw CatalogError.damaged("found by the last run") }
            return try SQLiteCatalog(path: path)
        } catch CatalogError.damaged(let reason) {
            logger.error(
                "Catalog damaged, making it again from the storages",
                metadata: ["reason": "\(reason)", "kept": "\(path).broken"])
            for ending in ["", "-wal", "-shm"] where disk.exists(path + ending) {
                try disk.rename(path + ending, to: path + ".broken" + ending)
            }
            // Last of all: a start that is cut off before begins here again.
            if disk.exists(mark) { try disk.remove(mark) }
            return try SQLiteCatalog(path: path)
        }
    }

    private static func problem(
        _ path: String, _ what: String, _ cure: String
    ) -> ConfigurationError {
        ConfigurationError("[dal] database = \"sqlite:\(path)\": \(what); \(cure)")
    }
}

private let nameAnother = "name a file that this user may make and write"

extension DiskError {
    fileprivate var cure: String {
        if case .locked = self { return "stop that one, or name another file" }
        return nameAnother
    }
}

extension CatalogError {
    /// What a person can do; nil where that is not known.
    fileprivate var cure: String? {
        switch self {
        case .newerSchema:
            "run that version, or remove the file: it is made again from the storages"
        case .notACatalog: "name another file"
        case .notOpen: nameAnother
        case .full: "make room"
        case .damaged, .failed: nil
        }
    }
}
