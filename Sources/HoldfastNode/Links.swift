// SPDX-License-Identifier: Apache-2.0
// How the queues of all nodes are linked (R16): a numbered document.

package import HoldfastModel

/// An arrow in the registry: from a queue of one role to a queue of another.
package struct Link: Codable, Hashable, Sendable {
    package var fromRole: Role
    package var fromQueue: String
    package var toRole: Role
    package var toQueue: String

    package init(from fromRole: Role, _ fromQueue: String, to toRole: Role, _ toQueue: String) {
        self.fromRole = fromRole
        self.fromQueue = fromQueue
        self.toRole = toRole
        self.toQueue = toQueue
    }

    /// The links of the paper, as every installation begins.
    package static let standard = [
        Link(from: .gateway, "tasks", to: .storage, "input"),
        Link(from: .storage, "sync", to: .storage, "input"),
        Link(from: .storage, "index", to: .dal, "input"),
        Link(from: .dal, "acks", to: .gateway, "acks"),
        Link(from: .dal, "orders", to: .gateway, "orders"),
        Link(from: .dal, "orders", to: .storage, "orders"),
    ]
}

extension Link: CustomStringConvertible {
    package var description: String {
        "\(fromRole.rawValue).\(fromQueue) → \(toRole.rawValue).\(toQueue)"
    }
}

/// The numbered document of links: everyone follows the highest number.
package struct Links: Codable, Hashable, Sendable {
    package var number: Int
    package var links: [Link]

    /// What one helper can keep lanes for.
    package static let linksMax = 64

    package init(number: Int, links: [Link]) {
        self.number = number
        self.links = links
    }

    /// As an installation begins.
    package static let standard = Links(number: 1, links: Link.standard)

    /// Whether everyone follows this one rather than the other. Two that got one number by chance are told
    /// apart by what they say, so that all choose the same.
    package func goesBefore(_ other: Links) -> Bool {
        (number, links.description) > (other.number, other.links.description)
    }

    /// Why it cannot be followed; nil when it can.
    package var fault: String? {
        guard number > 0 else { return "the number must be above 0" }
        guard links.count <= Self.linksMax else {
            return "there are \(links.count) links; at most \(Self.linksMax) are followed"
        }
        for link in links {
            let words = [
                link.fromRole.rawValue, link.fromQueue, link.toRole.rawValue, link.toQueue,
            ]
            for word in words where !Self.isWord(word) {
                return "\"\(word)\" is no role or queue: 1 to 31 small letters, digits or hyphens"
            }
            guard link.fromRole != link.toRole || link.fromQueue != link.toQueue else {
                return "\(link) leads nowhere"
            }
        }
        guard Set(links).count == links.count else { return "a link comes twice" }
        return nil
    }

    /// Queues of the standard links from which nothing leads any more: what lies there stays there.
    package var cutQueues: [String] {
        let led = Set(links.map { [$0.fromRole.rawValue, $0.fromQueue] })
        return Link.standard.filter { !led.contains([$0.fromRole.rawValue, $0.fromQueue]) }
            .map { "\($0.fromRole.rawValue).\($0.fromQueue)" }
    }

    /// Roles and queues are words that can stand in an address.
    package static func isWord(_ text: String) -> Bool {
        (1...31).contains(text.utf8.count)
            && text.utf8.allSatisfy { byte in
                (0x61...0x7a).contains(byte) || (0x30...0x39).contains(byte) || byte == 0x2d
            }
    }
}
