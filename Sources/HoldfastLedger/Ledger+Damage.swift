// SPDX-License-Identifier: Apache-2.0
// A ledger that SQLite finds damaged: it says so, is marked, and is made again at the next start.

internal import Foundation
internal import GRDB
internal import Synchronization

extension Ledger {
    /// A statement found the file damaged. What it answers is not to be believed any more.
    package var isDamaged: Bool { damage.load(ordering: .acquiring) }

    func read<Result>(_ body: (Database) throws -> Result) throws -> Result {
        // In memory there is one connection, and nobody to be kept apart from.
        try watched {
            try path == nil ? database.writeWithoutTransaction(body) : database.read(body)
        }
    }

    func write<Result>(_ body: (Database) throws -> Result) throws -> Result {
        try watched { try database.write(body) }
    }

    func watched<Result>(_ body: () throws -> Result) throws -> Result {
        do {
            return try body()
        } catch let error as DatabaseError where error.isDamage {
            markDamaged()
            throw LedgerError.damaged("\(error)")
        }
    }

    /// Leaves a mark beside the file; were it lost, the next start would meet the damage again.
    private func markDamaged() {
        damage.store(true, ordering: .releasing)
        guard let path else { return }
        _ = FileManager.default.createFile(atPath: Self.mark(of: path), contents: nil)
    }

    /// The file that says that the ledger at a path is damaged.
    package static func mark(of path: String) -> String { path + ".damaged" }
}

extension DatabaseError {
    /// The file is not what was written, or no database at all.
    var isDamage: Bool {
        resultCode == .SQLITE_CORRUPT || resultCode == .SQLITE_NOTADB
    }
}
