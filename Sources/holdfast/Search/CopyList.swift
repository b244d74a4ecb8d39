// SPDX-License-Identifier: Apache-2.0
// Where the copies of one mail lie, for a person.

internal import HoldfastModel
internal import HoldfastNode

/// What `show --copies` says.
struct CopyList {
    private var mail: MailDetailsAnswer
    private let roster: Roster

    init(_ mail: MailDetailsAnswer, _ roster: Roster) {
        self.mail = mail
        self.roster = roster
        // The DAL may have heard of a storage's copies before it heard its name.
        for index in mail.places.indices {
            let copy = mail.places[index]
            self.mail.places[index].node = Self.storage(of: copy, roster)?.name ?? copy.node
        }
    }

    /// A storage that is left out stands in the roster too, without the identity of its folder.
    private static func storage(of copy: CopyAnswer, _ roster: Roster) -> Registration? {
        roster.nodes(of: .storage).first { $0.node == copy.node_id }
    }

    var text: String {
        var table = Table([
            .init("LOCATION"), .init("STATE"), .init("DISK"), .init("HOST"),
            .init("BYTES", isNumber: true), .init("CRC-32C"),
        ])
        for copy in mail.places {
            table.add([
                copy.location, state(of: copy), copy.disk, copy.host, String(copy.length),
                copy.checksum,
            ])
        }
        return table.text + summary + "SHA-256 of the octets: \(mail.mail.sha256)\n"
    }

    /// Of what counts: a copy on a storage that was emptied or lost is none, nor one that goes early.
    private var summary: String {
        let counting = mail.places.filter { $0.counts ?? true }
        let disks = Set(counting.map { $0.host + $0.disk }).count
        return "\(mail.mail.copies) of \(mail.mail.copies_wanted) copies, on \(disks) independent"
            + " \(disks == 1 ? "disk" : "disks")\n"
    }

    private func state(of copy: CopyAnswer) -> String {
        (Self.storage(of: copy, roster) == nil ? "away" : "alive")
            + (copy.counts ?? true ? "" : ", does not count")
    }
}
