// SPDX-License-Identifier: Apache-2.0
// There is one DAL: whether it is this one.

internal import HoldfastModel
internal import HoldfastNode
internal import Synchronization

/// Finds in the roster whether another DAL has the place that this one wants.
///
/// Registries and readers choose one of two by the rule for twins; the other does nothing, lest it judge by
/// a catalog that has a part of what there is.
final class OnlyDAL: Sendable {
    private let name: String
    private let roster: RosterView
    private let address = Mutex("")

    init(name: String, roster: RosterView) {
        self.name = name
        self.roster = roster
    }

    /// This one is registered under an address.
    func lies(at address: String) {
        self.address.withLock { $0 = address }
    }

    /// The DAL that lives in place of this one; nil while none does.
    var other: Registration? {
        let address = address.withLock { $0 }
        let dals = roster.current?.roster.nodes(of: .dal) ?? []
        return dals.contains { $0.name == name && $0.address == address } ? nil : dals.first
    }

    /// What people are told; nil when this is the one.
    var notice: String? {
        other.map { other in
            "another DAL is alive, \(other.name) at \(other.address): this one does nothing; end one of the"
                + " two"
        }
    }
}
