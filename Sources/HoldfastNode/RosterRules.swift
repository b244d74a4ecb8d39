// SPDX-License-Identifier: Apache-2.0
// What several Registries say, as one roster: decisions, without asking anybody.

internal import HoldfastModel

/// How the answers of several Registries become one view.
enum RosterRules {
    /// What one Registry answered.
    struct Answer: Sendable {
        var registry: String
        var roster: Roster
        var links: Links
    }

    /// Every node that a Registry names, once: a node that did not reach one of them reached another.
    ///
    /// When all that answered are young, whoever was known before is still believed in: a Registry that
    /// starts anew hears everyone within a beat, and nobody has to be missed until then.
    ///
    /// - Parameter answers: at least one.
    static func roster(of answers: [Answer], known: Roster?) -> Roster {
        let isYoung = answers.allSatisfy { $0.roster.isYoung == true }
        var nodes: [Registration] = []
        for answer in answers { take(answer.roster.nodes, into: &nodes) }
        if isYoung, let known {
            // Who answers under the same name at the same address now is who is there now.
            let others = known.nodes.filter { old in
                !nodes.contains { $0.name == old.name && $0.address == old.address }
            }
            take(others, into: &nodes)
        }
        return Roster(
            nodes: nodes.sorted { $0.name < $1.name }, clock: answers.first?.roster.clock ?? 0,
            isYoung: isYoung ? true : nil)
    }

    /// Of two that claim one name or one identity, the one whose process runs for longer is it (D3): all
    /// who read what several Registries say choose the same, as each Registry does.
    private static func take(_ others: [Registration], into nodes: inout [Registration]) {
        for other in others {
            let twins = nodes.filter { $0.isTwin(of: other) }
            guard !twins.contains(where: { !other.outlives($0) }) else { continue }
            nodes.removeAll { twins.contains($0) }
            nodes.append(other)
        }
    }

    /// The highest that anybody knows.
    static func links(of answers: [Answer], known: Links?) -> Links {
        (answers.map(\.links) + [known].compactMap(\.self)).reduce(.standard) { best, links in
            links.goesBefore(best) ? links : best
        }
    }
}

extension Registration {
    /// Both claim one name, one identity, or to be the DAL: each of two catalogs would get a part of the
    /// index.
    package func isTwin(of other: Registration) -> Bool {
        name == other.name || isClone(of: other) || (role == .dal && other.role == .dal)
    }

    package func isClone(of other: Registration) -> Bool {
        node != nil && node == other.node
    }

    /// Whether it runs for longer than the other, which said so a while ago.
    package func outlives(_ other: Registration, saidBefore milliseconds: Int64 = 0) -> Bool {
        (upMilliseconds ?? 0) > (other.upMilliseconds ?? 0) + milliseconds
    }
}
