// SPDX-License-Identifier: Apache-2.0
// To whom a helper brings an item: decisions over the roster, without doing them.

package import HoldfastModel
package import HoldfastNode

/// Which node gets what, best first.
package enum TargetRules {
    /// New mails: a storage that took this one before, then the emptier of two random ones, then
    /// the others. One order serves a whole batch, so that it stays together.
    package static func spread(
        _ nodes: [Registration], using random: inout some RandomNumberGenerator
    ) -> [Registration] {
        var order = nodes.shuffled(using: &random)
        if order.count > 1, isEmptier(order[1], than: order[0]) { order.swapAt(0, 1) }
        return order
    }

    /// Less to write wins; with as much to write, more room.
    private static func isEmptier(_ left: Registration, than right: Registration) -> Bool {
        (left.waitingBytes, right.freeBytes) < (right.waitingBytes, left.freeBytes)
    }

    /// A mail of a gateway: to where it lies; while it must lie on more storages before the reply to
    /// who brought it, to those that are to have the further copies (D12).
    package static func offer(
        _ mail: MailID, _ slip: Slip, to order: [Registration], copies: Int
    ) -> [Registration] {
        slip.holders.isEmpty || !slip.wantsMoreCopies(before: copies)
            ? preferringHolders(of: slip, in: order) : passOn(mail, slip, order)
    }

    /// Those that are on the slip come first: the mail lies there already.
    package static func preferringHolders(
        of slip: Slip, in order: [Registration]
    ) -> [Registration] {
        guard !slip.holders.isEmpty else { return order }
        let holders = Set(slip.holders.map(\.node.description))
        let isHolder = { (node: Registration) in node.node.map(holders.contains) ?? false }
        return order.filter(isHolder) + order.filter { !isHolder($0) }
    }

    /// Further copies: storages that are not on the slip, in the order of their hash with the mail
    /// id, which is the same for every helper: two of them choose the same one.
    package static func passOn(
        _ mail: MailID, _ slip: Slip, _ nodes: [Registration]
    ) -> [Registration] {
        let holders = Set(slip.holders.map(\.node.description))
        let disks = Set(slip.holders.map(\.disk.description))
        let hosts = Set(slip.holders.map(\.host))
        let zones = Set(slip.holders.map(\.zone))
        return
            nodes.filter { node in node.node.map { !holders.contains($0) } ?? false }
            .map { node in
                (node, nearness(node, disks, hosts, zones), weight(mail, node.node ?? ""))
            }
            .sorted { ($0.1, $1.2) < ($1.1, $0.2) }
            .map(\.0)
    }

    /// Other disks before the same, then other zones, then other hosts.
    private static func nearness(
        _ node: Registration, _ disks: Set<String>, _ hosts: Set<String>, _ zones: Set<String>
    ) -> Int {
        (node.disk.map(disks.contains) ?? false ? 4 : 0)
            + (zones.contains(node.zone ?? "") ? 2 : 0) + (hosts.contains(node.host) ? 1 : 0)
    }

    /// FNV-1a over both, with a last mix: well spread, and the same everywhere.
    private static func weight(_ mail: MailID, _ node: String) -> UInt64 {
        var hash: UInt64 = 0xcbf2_9ce4_8422_2325
        for byte in mail.bytes + Array(node.utf8) {
            hash = (hash ^ UInt64(byte)) &* 0x100_0000_01b3
        }
        hash = (hash ^ (hash >> 32)) &* 0xd6e8_feb8_6659_fd93
        return hash ^ (hash >> 32)
    }

    /// Those with these names, as an ack or an order is addressed.
    package static func addressed(to names: [String], in nodes: [Registration]) -> [Registration] {
        nodes.filter { names.contains($0.name) }
    }
}
