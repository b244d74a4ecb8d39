// SPDX-License-Identifier: Apache-2.0
// What can be set for a DAL.

package import HoldfastCatalog
package import HoldfastNode

/// `[dal]`.
package struct DALConfiguration: Sendable {
    /// The SQLite file of the catalog.
    package var path: String
    package var acks: AckRule
    package var repairs: RepairLimits

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
        repairs = RepairLimits(
            deadAfterMinutes: try section.integer(
                "dead_after_minutes", default: 60, in: 1...100_000),
            perSecond: try section.integer("repairs_per_second", default: 100, in: 1...10_000),
            openMax: try section.integer("repairs_max", default: 1000, in: 1...100_000))
    }
}

/// How fast copies are made again, and when they count as lost.
package struct RepairLimits: Hashable, Sendable {
    package var deadAfterMinutes: Int
    package var perSecond: Int
    /// Under way at a time.
    package var openMax: Int

    package init(deadAfterMinutes: Int = 60, perSecond: Int = 100, openMax: Int = 1000) {
        self.deadAfterMinutes = deadAfterMinutes
        self.perSecond = perSecond
        self.openMax = openMax
    }
}
