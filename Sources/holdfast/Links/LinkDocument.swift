// SPDX-License-Identifier: Apache-2.0
// Links as a file has them, and as people read them.

internal import Foundation
internal import HoldfastDisk
internal import HoldfastModel
internal import HoldfastNode

/// What `holdfast links --format json` prints, and `set` reads.
struct LinkDocument: Codable, Hashable {
    var format_version = 1
    var number: Int
    var links: [Link]

    init(_ links: Links) {
        number = links.number
        self.links = links.links
    }

    /// What no list of links is longer than.
    private static let bytesMax = 1 << 20

    /// - Parameter file: a path, or `-` for standard input.
    init(reading file: String) async throws {
        do {
            let octets =
                file == "-" ? try await Self.standardInput() : try RealDisk().octets(of: file)
            try self.init(octets, of: file == "-" ? "standard input" : file)
        } catch let error as DiskError {
            throw Failure(.badQuery, "\(error)")
        }
    }

    private static func standardInput() async throws -> [UInt8] {
        let input = StandardInput()
        var octets: [UInt8] = []
        while octets.count <= bytesMax {
            let piece = try await input.nextPiece()
            if piece.isEmpty { break }
            octets += piece
        }
        return octets
    }

    private init(_ octets: [UInt8], of name: String) throws {
        struct Given: Decodable { var links: [Link] }
        guard octets.count <= Self.bytesMax,
            let given = try? JSONDecoder().decode(Given.self, from: Data(octets))
        else {
            throw Failure(
                .badQuery,
                "\(name) holds no links: it must be as `holdfast links --format json` prints them")
        }
        number = 0
        links = given.links
    }

    var json: String {
        get throws {
            let encoder = JSONEncoder()
            encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes, .prettyPrinted]
            return String(decoding: try encoder.encode(self), as: UTF8.self) + "\n"
        }
    }
}

extension Links {
    /// As a person reads them.
    var table: String {
        var table = Table([.init("FROM"), .init("TO")])
        for link in links {
            table.add([
                "\(link.fromRole.rawValue).\(link.fromQueue)",
                "\(link.toRole.rawValue).\(link.toQueue)",
            ])
        }
        return table.text + "Number \(number)\n"
    }
}

/// What is said of a change.
enum LinkReport {
    static func change(
        _ config: ConfigOption, _ edit: (inout [Link]) throws -> Void
    ) async throws {
        let (links, missed) = try await Cluster.reach(config) { try await $0.change(edit) }
        try await Output.standard.write(links.table)
        for registry in missed {
            await Output.say("holdfast: \(registry) is away; it hears of them when it is back")
        }
        for queue in links.cutQueues {
            await Output.say(
                "holdfast: warning: nothing carries from \(queue) any more; what lies there stays there"
            )
        }
    }
}
