// SPDX-License-Identifier: Apache-2.0
// How a query was understood, and how it is answered.

/// What `--explain` shows.
package struct Explanation: Hashable, Sendable {
    /// The query as a tree, one line a node.
    package var tree: [String]
    /// Who finds the mails, in a sentence.
    package var index: String
    package var statements: [Statement]

    /// One statement that the database is given.
    package struct Statement: Hashable, Sendable {
        package var sql: String
        /// What is bound to it.
        package var values: [String]
        /// The database's own words on how it goes about it.
        package var plan: [String]
    }
}

extension SQLValue {
    /// As a person reads it.
    var text: String {
        switch self {
        case .integer(let number): "\(number)"
        case .text(let text): "'\(text)'"
        case .bytes(let bytes):
            "x'" + bytes.map { ($0 < 16 ? "0" : "") + String($0, radix: 16) }.joined() + "'"
        }
    }
}
