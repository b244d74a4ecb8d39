// SPDX-License-Identifier: Apache-2.0
// What can be set for a DAL.

package import HoldfastCatalog
package import HoldfastNode

/// `[dal]`.
package struct DALConfiguration: Sendable {
    /// The SQLite file of the catalog.
    package var path: String
    package var acks: AckRule

    /// - Parameter folder: what a relative path is relative to.
    package init(
        reading section: inout ConfigurationSection, folder: String
    ) throws(ConfigurationError) {
        let database = try section.text("database", default: "sqlite:catalog.sqlite")
        guard database.hasPrefix("sqlite:"), database.count > 7 else {
            throw section.error("database", "is \"\(database)\"; it must be \"sqlite:PATH\"")
        }
        let path = String(database.dropFirst(7))
        self.path = path.hasPrefix("/") ? path : folder + "/" + path
        acks = AckRule(
            copies: try section.integer("ack_copies", default: 2, in: 1...16),
            disksMayBeShared: try section.boolean("copies_may_share_a_disk", default: false))
    }
}
