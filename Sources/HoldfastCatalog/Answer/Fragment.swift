// SPDX-License-Identifier: Apache-2.0
// A piece of SQL with the values that are bound to it, in any dialect.

/// A value that a database is given beside the SQL, never in it.
enum SQLValue: Hashable {
    case integer(Int64)
    case text(String)
    case bytes([UInt8])
}

/// SQL that was written by us, and values that may have been written by anyone.
///
/// It is made by string literals only. What is put into them by `\( )` becomes a bound value, unless it
/// is another fragment: a text that came from outside has no way to become SQL.
struct Fragment: Hashable, ExpressibleByStringInterpolation {
    enum Part: Hashable {
        case sql(String)
        case value(SQLValue)
    }

    private(set) var parts: [Part]

    init(stringLiteral sql: StaticString) {
        parts = [.sql("\(sql)")]
    }

    init(stringInterpolation: StringInterpolation) {
        parts = stringInterpolation.parts
    }

    private init(_ parts: [Part]) {
        self.parts = parts
    }

    struct StringInterpolation: StringInterpolationProtocol {
        fileprivate var parts: [Part] = []

        init(literalCapacity: Int, interpolationCount: Int) {
            parts.reserveCapacity(2 * interpolationCount + 1)
        }

        /// Only the compiler calls this, with what stands in the source.
        mutating func appendLiteral(_ literal: StaticString) {
            parts.append(.sql("\(literal)"))
        }

        mutating func appendInterpolation(_ fragment: Fragment) { parts += fragment.parts }

        mutating func appendInterpolation(_ number: Int64) {
            parts.append(.value(.integer(number)))
        }

        mutating func appendInterpolation(_ text: String) { parts.append(.value(.text(text))) }

        mutating func appendInterpolation(_ bytes: [UInt8]) { parts.append(.value(.bytes(bytes))) }
    }

    static func joined(_ fragments: [Fragment], by separator: Fragment) -> Fragment {
        Fragment(Array(fragments.map(\.parts).joined(separator: separator.parts)))
    }

    /// A name of ours with a number in it: `qt_texts_7`.
    static func numbered(_ name: StaticString, _ number: Int64) -> Fragment {
        Fragment([.sql("\(name)\(number)")])
    }

    var values: [SQLValue] {
        parts.compactMap { part in
            guard case .value(let value) = part else { return nil }
            return value
        }
    }

    /// The statement, with a sign in the place of each value.
    ///
    /// - Parameter sign: of the first value, the second, and so on from 1.
    func sql(_ sign: (Int) -> String) -> String {
        var count = 0
        return parts.map { part in
            switch part {
            case .sql(let text): return text
            case .value:
                count += 1
                return sign(count)
            }
        }.joined()
    }
}
