// SPDX-License-Identifier: Apache-2.0
// What the Registry knows, as JSON on the wire (R10, R16).

package import HoldfastModel

/// One node's line in the registry; renewed by heartbeat before it runs out.
package struct Registration: Codable, Hashable, Sendable {
    package var name: String
    package var role: Role
    /// `http://host:port/{role}/{name}`; the node's paths stand under it.
    package var address: String
    /// The identity of the data folder, in hexadecimal; absent for nodes that keep nothing.
    package var node: String?
    package var disk: String?
    package var host: String
    /// The room or site where the machine stands; absent when nobody said.
    package var zone: String?
    /// Whether two copies may lie on its disk; absent for no.
    package var sharesDisk: Bool?
    /// What the node is ready for; `notice` says why not, for people.
    package var writable: Bool
    package var notice: String?
    /// Bytes free on its disk, and bytes that wait to be written: helpers prefer the emptier one.
    package var freeBytes: UInt64
    package var waitingBytes: UInt64
    /// The node's wall clock in milliseconds, so that others can tell a clock that is wrong.
    package var clock: Int64
    /// Up to where a DAL will hold this storage's entries when it has all that can be shipped now.
    package var position: UInt64?
    /// How many records a storage holds, as a measure of how far a DAL is with them.
    package var records: Int?
    /// It is being emptied: it takes nothing, and its copies do not count. Absent for no.
    package var draining: Bool?
    /// Places of a storage that were found damaged and for which no other record stands; absent for none.
    package var damaged: Int?
    /// Whether a gateway can send released mail on; absent for all others.
    package var hasSmarthost: Bool?
    /// For how long the process of this node has run, in milliseconds: of two that claim to be one node,
    /// the one that runs for longer is it (D3).
    package var upMilliseconds: Int64?

    package init(
        name: String, role: Role, address: String, node: String? = nil, disk: String? = nil,
        host: String = "", zone: String? = nil, sharesDisk: Bool? = nil, writable: Bool = true,
        notice: String? = nil, freeBytes: UInt64 = 0,
        waitingBytes: UInt64 = 0, clock: Int64 = 0, position: UInt64? = nil,
        records: Int? = nil, hasSmarthost: Bool? = nil, draining: Bool? = nil,
        damaged: Int? = nil
    ) {
        self.draining = draining
        self.damaged = damaged
        self.name = name
        self.role = role
        self.address = address
        self.node = node
        self.disk = disk
        self.host = host
        self.zone = zone
        self.sharesDisk = sharesDisk
        self.writable = writable
        self.notice = notice
        self.freeBytes = freeBytes
        self.waitingBytes = waitingBytes
        self.clock = clock
        self.position = position
        self.records = records
        self.hasSmarthost = hasSmarthost
    }
}

/// All the live registrations.
package struct Roster: Codable, Hashable, Sendable {
    package var nodes: [Registration]
    /// The Registry's wall clock in milliseconds.
    package var clock: Int64
    /// The Registry began a moment ago and may not have heard of everyone yet; absent for no.
    package var isYoung: Bool?

    /// What people are told of a roster that is young.
    package static let youngNotice =
        "the Registry has just begun, and may not have heard of every node"

    package init(nodes: [Registration], clock: Int64, isYoung: Bool? = nil) {
        self.nodes = nodes
        self.clock = clock
        self.isYoung = isYoung
    }

    package func nodes(of role: Role) -> [Registration] {
        nodes.filter { $0.role == role }
    }

    /// Disks on which a copy can be kept now.
    package var disksTakingMail: Int {
        Set(nodes(of: .storage).filter(\.writable).compactMap(\.disk)).count
    }

    /// How many copies of one mail can be kept now: storages that take mail, those on one disk counted
    /// once unless they may share it (D7).
    package var copiesMax: Int {
        let taking = nodes(of: .storage).filter { $0.writable && $0.node != nil }
        return Set(taking.map { $0.sharesDisk == true ? $0.name : $0.disk ?? $0.name }).count
    }
}
