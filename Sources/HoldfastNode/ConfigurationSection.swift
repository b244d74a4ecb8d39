// SPDX-License-Identifier: Apache-2.0
// One section of holdfast.toml, read with types, ranges and without unknown keys.

/// A value of the configuration file.
package enum ConfigurationValue: Hashable, Sendable {
    case integer(Int)
    case text(String)
    case boolean(Bool)
    case texts([String])
    /// Sections within a section, one for each `[[section.key]]`.
    case sections([[String: ConfigurationValue]])
    /// Something else that TOML knows and no key wants; described for the error.
    case other(String)
}

/// What is wrong with a configuration: one sentence that names the key and the cure.
package struct ConfigurationError: Error, Hashable, CustomStringConvertible {
    package var description: String

    package init(_ description: String) {
        self.description = description
    }
}

/// Reads the keys of one section. Each key is asked for once; `finish` finds what nobody asked for.
package struct ConfigurationSection: Sendable {
    /// As the file names it: `gateway`, `storage_defaults`.
    package let name: String
    private let values: [String: ConfigurationValue]
    private var known: [String] = []

    package init(name: String, values: [String: ConfigurationValue]) {
        self.name = name
        self.values = values
    }

    package func has(_ key: String) -> Bool { values[key] != nil }

    package mutating func integer(
        _ key: String, default standard: Int, in range: ClosedRange<Int>
    ) throws(ConfigurationError) -> Int {
        known.append(key)
        switch values[key] {
        case nil: return standard
        case .integer(let value) where range.contains(value): return value
        case .integer(let value):
            throw error(
                key, "is \(value); it must be from \(range.lowerBound) to \(range.upperBound)")
        case .some: throw error(key, "must be a whole number, like \(standard)")
        }
    }

    package mutating func boolean(
        _ key: String, default standard: Bool
    ) throws(ConfigurationError) -> Bool {
        known.append(key)
        switch values[key] {
        case nil: return standard
        case .boolean(let value): return value
        case .some: throw error(key, "must be true or false")
        }
    }

    package mutating func text(
        _ key: String, default standard: String
    ) throws(ConfigurationError) -> String {
        known.append(key)
        switch values[key] {
        case nil: return standard
        case .text(let value): return value
        case .some: throw error(key, "must be a text in quotes, like \"\(standard)\"")
        }
    }

    package mutating func texts(
        _ key: String, default standard: [String] = []
    ) throws(ConfigurationError) -> [String] {
        known.append(key)
        switch values[key] {
        case nil: return standard
        case .texts(let values): return values
        case .text(let value): return [value]
        case .some: throw error(key, "must be a list of texts, like [\"a\", \"b\"]")
        }
    }

    /// One section for each `[[section.key]]`, in the order of the file.
    package mutating func sections(
        _ key: String
    ) throws(ConfigurationError) -> [ConfigurationSection] {
        known.append(key)
        switch values[key] {
        case nil, .texts([]): return []
        case .sections(let all):
            return all.map { ConfigurationSection(name: "[\(name).\(key)]", values: $0) }
        case .some:
            throw error(key, "must be written [[\(name).\(key)]], once for each, after [\(name)]")
        }
    }

    /// One of the words of an enumeration.
    package mutating func choice<Choice: RawRepresentable & CaseIterable>(
        _ key: String, default standard: Choice
    ) throws(ConfigurationError) -> Choice where Choice.RawValue == String {
        let text = try text(key, default: standard.rawValue)
        guard let choice = Choice(rawValue: text) else {
            let words = Choice.allCases.map { "\"\($0.rawValue)\"" }.joined(separator: ", ")
            throw error(key, "is \"\(text)\"; it must be one of \(words)")
        }
        return choice
    }

    /// To be called last: a key that nobody asked for is a mistake, never ignored.
    package func finish() throws(ConfigurationError) {
        guard let unknown = values.keys.sorted().first(where: { !known.contains($0) }) else {
            return
        }
        throw error(
            unknown, "is not a key of this section; there are: \(known.joined(separator: ", "))")
    }

    package func error(_ key: String, _ text: String) -> ConfigurationError {
        ConfigurationError("[\(name)] \(key) \(text)")
    }
}
