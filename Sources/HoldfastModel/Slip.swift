// SPDX-License-Identifier: Apache-2.0
// The paper's control information, which travels with the mail (R20).

/// One node that keeps a copy, as a slip names it.
package struct Holder: Hashable, Sendable {
    package let node: NodeID
    package let disk: DiskID
    /// The name of the machine, so that copies can be spread over hosts.
    package let host: String
    /// The room or site where that machine stands, likewise; empty when nobody said.
    package let zone: String

    package init(node: NodeID, disk: DiskID, host: String, zone: String = "") {
        self.node = node
        self.disk = disk
        self.host = host
        self.zone = zone
    }
}

/// What travels with a mail: how many copies it wants, who holds one, until when, who waits for the
/// ack. Each holder keeps its copy at least until the slip's day, or as long as the mail is held.
package struct Slip: Hashable, Sendable {
    package var copiesWanted: Int
    /// The last day on which the mail is kept.
    package var keepUntil: Day
    package var holders: [Holder]
    /// The names of the gateways that keep custody until the ack.
    package var gateways: [String]

    package static let copiesRange = 1...16
    package static let keepDaysRange = 1...400

    package init(copiesWanted: Int, keepUntil: Day, holders: [Holder] = [], gateways: [String] = [])
    {
        precondition(copiesWanted > 0, "a mail nobody wants kept should not have been taken in")
        self.copiesWanted = copiesWanted
        self.keepUntil = keepUntil
        self.holders = holders
        self.gateways = gateways
    }
}

/// What a node does with a mail it has been offered.
package enum Step: Hashable, Sendable {
    /// Keep a copy; the mail then has all it asked for.
    case keepLast(Slip)
    /// Keep a copy, then offer the mail with this slip to a node that is not on it.
    case keepAndPassOn(Slip)
    /// A copy is already here. Say yes, join the slips, ship the entry again.
    case alreadyHeld
    /// Another copy lies on this disk. Say so, and the helper looks elsewhere.
    case notHere
}

extension Slip {
    package func step(at here: Holder, disksMayBeShared: Bool) -> Step {
        if holders.contains(where: { $0.node == here.node }) { return .alreadyHeld }
        if !disksMayBeShared, holders.contains(where: { $0.disk == here.disk }) { return .notHere }
        var passed = self
        passed.holders.append(here)
        return passed.wantsMoreCopies ? .keepAndPassOn(passed) : .keepLast(passed)
    }

    package var wantsMoreCopies: Bool { holders.count < copiesWanted }

    /// Whether it must lie on more storages before the reply that waits for so many copies; a mail that
    /// wants fewer is answered when it has those (D12).
    package func wantsMoreCopies(before reply: Int) -> Bool {
        holders.count < min(reply, copiesWanted)
    }

    /// The union of two slips of one mail: all gateways, the larger wish, the later day, and the holders until
    /// that day: who is known to keep a copy until an earlier one must be offered the mail again.
    package func joined(with other: Slip) -> Slip {
        var joined = self
        joined.copiesWanted = max(copiesWanted, other.copiesWanted)
        joined.keepUntil = max(keepUntil, other.keepUntil)
        if keepUntil < joined.keepUntil { joined.holders = [] }
        for holder in other.keepUntil == joined.keepUntil ? other.holders : []
        where !joined.holders.contains(where: { $0.node == holder.node }) {
            joined.holders.append(holder)
        }
        for gateway in other.gateways where !joined.gateways.contains(gateway) {
            joined.gateways.append(gateway)
        }
        return joined
    }
}

extension Slip {
    private enum Tag {
        static let copiesWanted: UInt8 = 1
        static let keepUntil: UInt8 = 2
        static let holder: UInt8 = 3
        static let gateway: UInt8 = 4
    }

    package var encoded: [UInt8] {
        var fields = FieldWriter(capacity: 96)
        fields.write(Tag.copiesWanted, UInt64(copiesWanted))
        fields.write(Tag.keepUntil, UInt64(max(0, keepUntil.number)))
        for holder in holders { fields.write(Tag.holder, holder.bytes) }
        for gateway in gateways { fields.write(Tag.gateway, gateway) }
        return fields.bytes
    }

    package init(decoding bytes: ArraySlice<UInt8>) throws(RecordError) {
        self.init(copiesWanted: 1, keepUntil: Day(number: 0))
        var fields = FieldReader(bytes)
        while let field = try fields.next() {
            switch field.tag {
            case Tag.copiesWanted:
                let copies = try Int(clamping: field.number)
                guard Self.copiesRange.contains(copies) else {
                    throw .malformed("\(copies) copies wanted")
                }
                copiesWanted = copies
            case Tag.keepUntil:
                keepUntil = Day(number: try Int32(clamping: field.number))
            case Tag.holder:
                holders.append(try Holder(decoding: field.value))
            case Tag.gateway:
                gateways.append(field.text)
            default: break
            }
        }
    }
}

extension Holder {
    /// As it stands on a slip.
    var bytes: [UInt8] {
        let disk = withUnsafeBytes(of: disk.number.bigEndian, Array.init)
        let zone = zone.isEmpty ? [] : [0] + Array(zone.utf8)
        return node.bytes + disk + Array(host.utf8) + zone
    }

    init(decoding value: ArraySlice<UInt8>) throws(RecordError) {
        guard value.count >= 24, let node = NodeID(bytes: value.prefix(16)) else {
            throw .malformed("a holder is cut short")
        }
        let disk = value.dropFirst(16).prefix(8).reduce(0) { $0 << 8 | UInt64($1) }
        let names = value.dropFirst(24).split(
            separator: 0, maxSplits: 1, omittingEmptySubsequences: false
        ).map { String(decoding: $0, as: UTF8.self) }
        self.init(
            node: node, disk: DiskID(disk), host: names.first ?? "",
            zone: names.count > 1 ? names[1] : "")
    }
}
