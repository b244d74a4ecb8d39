// SPDX-License-Identifier: Apache-2.0
// Every node's status in one report.

internal import Foundation
internal import HoldfastModel
internal import HoldfastNode
internal import NIOHTTP1

/// What `status` knows; its JSON is described in Protocol.
struct StatusReport: Codable {
    /// A node of the roster; its status is absent when it did not answer.
    struct Node: Codable {
        var name: String
        var role: Role
        var address: String
        var alive: Bool
        var writable: Bool
        var notice: String?
        var status: StatusAnswer?
        /// At the rate at which bytes came since midnight (UTC); absent when none came.
        var days_until_full: Double?
    }

    var format_version = 1
    /// When the report was made.
    var time: String
    var nodes: [Node]
    /// Disks on which a copy can be kept now.
    var disks_alive: Int
    /// The most copies that a mail may want, as the gateways that answered say.
    var copies_max: Int?

    /// Asks all the nodes at once.
    static func gathered(from cluster: Cluster) async -> StatusReport {
        let now = MachineClock().now
        let nodes = await withTaskGroup(of: Node.self) { group in
            for registration in cluster.roster.nodes {
                group.addTask { await node(registration, cluster.client, now: now) }
            }
            var nodes: [Node] = []
            for await node in group { nodes.append(node) }
            return nodes
        }
        let order = Role.known
        let sorted = nodes.sorted { left, right in
            let places = (
                order.firstIndex(of: left.role) ?? order.count,
                order.firstIndex(of: right.role) ?? order.count
            )
            return places.0 == places.1 ? left.name < right.name : places.0 < places.1
        }
        return StatusReport(
            time: now.iso8601, nodes: sorted, disks_alive: cluster.roster.disksTakingMail,
            copies_max: nodes.compactMap { $0.status?.copies_max }.max())
    }

    private static func node(
        _ registration: Registration, _ client: NodeClient, now: Timestamp
    ) async -> Node {
        var status: StatusAnswer?
        var isSilent = false
        do {
            status = try await client.json(
                .GET, "\(registration.address)/status", as: StatusAnswer.self)
        } catch {
            isSilent = (error as? NodeError)?.status == 0
        }
        return Node(
            name: registration.name, role: registration.role, address: registration.address,
            alive: !isSilent, writable: registration.writable,
            notice: status?.notice ?? registration.notice, status: status,
            days_until_full: status?.daysUntilFull(now: now))
    }

    var json: String {
        get throws {
            let encoder = JSONEncoder()
            encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes, .prettyPrinted]
            return String(decoding: try encoder.encode(self), as: UTF8.self) + "\n"
        }
    }
}

extension StatusAnswer {
    /// Before an hour of the day is over, its rate says little: it counts as an hour.
    private static let secondsMin = 3600.0

    /// How long the free room lasts at the rate of today; nil when nothing came, or is known.
    func daysUntilFull(now: Timestamp) -> Double? {
        guard let free = free_bytes, let today = bytes_today, today > 0 else { return nil }
        let seconds = Double(now.milliseconds - now.day.start.milliseconds) / 1000
        let bytesADay = Double(today) * 86_400 / max(seconds, Self.secondsMin)
        return Double(free) / bytesADay
    }
}
