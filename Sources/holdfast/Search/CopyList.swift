// SPDX-License-Identifier: Apache-2.0
// Where the copies of one mail lie, for a person.

internal import HoldfastModel
internal import HoldfastNode

/// What `show --copies` says.
struct CopyList {
    private let mail: MailDetailsAnswer
    private let roster: Roster

    init(_ mail: MailDetailsAnswer, _ roster: Roster) {
        self.mail = mail
        self.roster = roster
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
        (isAlive(copy) ? "alive" : "away") + (copy.counts ?? true ? "" : ", does not count")
    }

    /// A storage that is left out stands in the roster too, without the identity of its folder.
    private func isAlive(_ copy: CopyAnswer) -> Bool {
        roster.nodes(of: .storage).contains { $0.name == copy.node && $0.node == copy.node_id }
    }
}
