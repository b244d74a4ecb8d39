// SPDX-License-Identifier: Apache-2.0
// Fragments as SQLite takes them.

internal import Foundation
internal import GRDB

extension Fragment {
    /// With question marks.
    var sqlite: String { sql { _ in "?" } }

    var arguments: StatementArguments {
        StatementArguments(values.map(\.databaseValue))
    }
}

extension SQLValue {
    fileprivate var databaseValue: DatabaseValue {
        switch self {
        case .integer(let number): number.databaseValue
        case .text(let text): text.databaseValue
        case .bytes(let bytes): Data(bytes).databaseValue
        }
    }
}
