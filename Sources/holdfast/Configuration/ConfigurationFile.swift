// SPDX-License-Identifier: Apache-2.0
// holdfast.toml as sections of plain values.

internal import Foundation
internal import HoldfastNode
internal import TOMLKit

/// The sections of a configuration file, their values not yet judged.
struct ConfigurationFile {
    typealias Values = [String: ConfigurationValue]

    private(set) var sections: [String: Values] = [:]
    /// One for each `[[storage]]`, in the order of the file.
    private(set) var storages: [Values] = []

    /// The sections that a file may have.
    static let names = [
        "node", "registry", "helper", "storage_defaults", "storage", "dal", "gateway",
    ]

    init(_ text: String) throws(ConfigurationError) {
        let root: TOMLTable
        do {
            root = try TOMLTable(string: text)
        } catch let error as TOMLParseError {
            throw ConfigurationError(
                "line \(error.source.begin.line) is not TOML: \(error.description)")
        } catch {
            throw ConfigurationError("is not TOML: \(error)")
        }
        for (name, value) in root.sorted(by: { $0.0 < $1.0 }) {
            try take(value, named: name)
        }
    }

    /// A section as its component reads it; nil when the file has none.
    func section(_ name: String) -> ConfigurationSection? {
        sections[name].map { ConfigurationSection(name: name, values: $0) }
    }

    private mutating func take(
        _ value: any TOMLValueConvertible, named name: String
    ) throws(ConfigurationError) {
        guard Self.names.contains(name) else {
            let known = Self.names.map { $0 == "storage" ? "[[storage]]" : "[\($0)]" }
            throw ConfigurationError(
                "[\(name)] is not a section; there are: \(known.joined(separator: ", "))")
        }
        if name == "storage" {
            guard let tables = value.array else {
                throw ConfigurationError("[storage] must be written [[storage]], one for each disk")
            }
            for table in tables { storages.append(try Self.values(table, named: "[storage]")) }
        } else {
            sections[name] = try Self.values(value, named: name)
        }
    }

    /// Lays another file over this one: its keys go before ours, and a `[[storage]]` that has the name
    /// of one of ours changes that one.
    mutating func lay(_ other: ConfigurationFile) {
        for (name, values) in other.sections {
            sections[name, default: [:]].merge(values) { $1 }
        }
        for storage in other.storages {
            if let name = storage["name"],
                let place = storages.firstIndex(where: { $0["name"] == name })
            {
                storages[place].merge(storage) { $1 }
            } else {
                storages.append(storage)
            }
        }
    }

    private static func values(
        _ value: any TOMLValueConvertible, named name: String
    ) throws(ConfigurationError) -> Values {
        guard let table = value.table else {
            throw ConfigurationError(
                "\(name) must be a section: a line [\(name)], its keys below it")
        }
        var values: Values = [:]
        for (key, value) in table { values[key] = ConfigurationValue(value) }
        return values
    }
}

extension ConfigurationValue {
    /// Only what the library reads without a trap: whole numbers of 64 bits, texts, truth values.
    fileprivate init(_ value: any TOMLValueConvertible) {
        switch value.type {
        case .int: self = value.int.map(Self.integer) ?? .other("a number")
        case .string: self = value.string.map(Self.text) ?? .other("a text")
        case .bool: self = value.bool.map(Self.boolean) ?? .other("a truth value")
        case .array: self = Self.list(value)
        default: self = .other(value.type.description)
        }
    }

    private static func list(_ value: any TOMLValueConvertible) -> ConfigurationValue {
        let tables = value.array.map { array in array.compactMap { $0.tomlValue.table } } ?? []
        if !tables.isEmpty, tables.count == value.array?.count {
            return .sections(
                tables.map { table in
                    Dictionary(uniqueKeysWithValues: table.map { ($0, ConfigurationValue($1)) })
                })
        }
        let items = value.array.map { array in array.map { $0.tomlValue.string } } ?? []
        let texts = items.compactMap(\.self)
        return texts.count == items.count
            ? .texts(texts) : .other("a list of other things than texts")
    }
}
