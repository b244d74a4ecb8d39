// SPDX-License-Identifier: Apache-2.0
// The table of all nodes, as rules: no I/O, no clock (R10).

package import HoldfastNode

/// Who is alive. Of two that claim one name or one identity, and of two DALs, the one that runs for longer has it: a
/// Registry that began anew, and hears a clone first, comes to what the others hold too (D3). A node that was silent for too long is dropped; it comes back by its next beat.
package struct NodeTable: Sendable {
    private struct Line {
        var registration: Registration
        var lastBeat: Int64
    }

    package enum Answer: Hashable, Sendable {
        case registered
        /// Another live node has this name, holds the same data folder (a clone, D3), or is the DAL.
        case refused(String)
    }

    private var lines: [String: Line] = [:]
    private let silenceMilliseconds: Int64

    package init(silenceMilliseconds: Int64) {
        self.silenceMilliseconds = silenceMilliseconds
    }

    /// - Parameter now: milliseconds of a clock that never jumps.
    package mutating func register(_ node: Registration, now: Int64) -> Answer {
        drop(now: now)
        for twin in lines.values where twin.registration.isTwin(of: node) {
            let known = twin.registration
            guard known.name != node.name || known.address != node.address else { continue }
            guard node.outlives(known, saidBefore: now - twin.lastBeat) else {
                return .refused(reason(for: node, known))
            }
            lines[known.name] = nil
        }
        lines[node.name] = Line(registration: node, lastBeat: now)
        return .registered
    }

    private func reason(for node: Registration, _ known: Registration) -> String {
        if known.name == node.name {
            return "a live node at \(known.address) has the name \(node.name): give this one"
                + " another"
        }
        if known.isClone(of: node) {
            return "\(known.name) is alive and has the same identity: one is a clone"
        }
        return "the DAL \(known.name) is alive at \(known.address), and an installation has one:"
            + " end one of the two"
    }

    /// A node says farewell. Only the holder of a name can: one that was refused it leaves the other be.
    package mutating func remove(_ name: String, at address: String) {
        if lines[name]?.registration.address == address { lines[name] = nil }
    }

    package mutating func nodes(now: Int64) -> [Registration] {
        drop(now: now)
        return lines.values.map(\.registration).sorted { $0.name < $1.name }
    }

    private mutating func drop(now: Int64) {
        lines = lines.filter { now - $0.value.lastBeat < silenceMilliseconds }
    }
}
