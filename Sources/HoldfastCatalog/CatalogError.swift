// SPDX-License-Identifier: Apache-2.0
// What can go wrong with a catalog.

/// Each case is something its reader can act on; anything else is a bug and traps.
package enum CatalogError: Error, Hashable, Sendable, CustomStringConvertible {
    /// A later version of Holdfast made this catalog: run that one, or rebuild from the segments.
    case newerSchema(found: Int, known: Int)
    /// The file is the database of some other program.
    case notACatalog(path: String)
    /// There is no file that can be opened and written; in the database's own words.
    case notOpen(String)
    /// The disk under the database is full. Nothing was changed.
    case full
    /// The database is damaged: rebuild it from the segments.
    case damaged(String)
    /// The database could not do it now; in its own words.
    case failed(String)

    package var description: String {
        switch self {
        case .newerSchema(let found, let known):
            "the catalog has schema \(found), and this version knows schemas up to \(known)"
        case .notACatalog(let path): "\(path) is a database, but not a catalog of Holdfast"
        case .notOpen(let words): "it cannot be opened and written (\(words))"
        case .full: "the disk of the catalog is full"
        case .damaged(let words): "the catalog is damaged: \(words)"
        case .failed(let words): "the catalog failed: \(words)"
        }
    }
}
