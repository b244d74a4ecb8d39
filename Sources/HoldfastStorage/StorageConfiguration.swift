// SPDX-License-Identifier: Apache-2.0
// What can be set for a storage.

package import HoldfastNode
package import HoldfastSegments

/// `[[storage]]` with `[storage_defaults]`.
package struct StorageConfiguration: Sendable {
    /// The folder of its segments and its ledger; one disk, one storage.
    package var folder: String
    package var segments: SegmentStore.Limits
    /// Two copies of a mail may lie on one disk (D7): for a box that has but one.
    package var copiesMayShareADisk: Bool
    /// How all that lies here is checked again and again.
    package var scrub: Scrub
    /// The bytes of purged mails leave the disk within so many days.
    package var purgeDays: Int
    /// The name of the machine, so that copies can be spread over hosts.
    package var host: String
    /// The room or site where it stands, likewise; empty when nobody said.
    package var zone: String

    private static let zoneBytesMax = 63

    /// - Parameter section: the defaults; the caller has taken name and folder.
    package init(
        reading section: inout ConfigurationSection, folder: String, host: String
    ) throws(ConfigurationError) {
        self.folder = folder
        self.host = host
        zone = try section.text("zone", default: "")
        guard zone.utf8.count <= Self.zoneBytesMax, zone.utf8.allSatisfy({ $0 >= 0x20 }) else {
            throw section.error("zone", "must be a name of at most \(Self.zoneBytesMax) bytes")
        }
        segments = SegmentStore.Limits()
        let segmentBytes = try section.integer(
            "segment_bytes_max", default: 256 << 20, in: (1 << 20)...(4 << 30))
        let reserveBytes = try section.integer(
            "reserve_bytes", default: 256 << 20, in: 0...(1 << 40))
        segments.segmentBytesMax = UInt64(segmentBytes)
        segments.reserveBytes = UInt64(reserveBytes)
        purgeDays = try section.integer("purge_days", default: 7, in: 0...400)
        copiesMayShareADisk = try section.boolean("copies_may_share_a_disk", default: false)
        scrub = Scrub(
            megabytesPerSecond: try section.integer(
                "scrub_mb_per_second", default: 8, in: 0...10_000),
            days: try section.integer("scrub_days", default: 30, in: 0...400))
    }

    /// The check that never ends.
    package struct Scrub: Hashable, Sendable {
        /// While a segment is read; 0 never reads.
        package var megabytesPerSecond: Int
        /// So long a round takes, or longer where the rate does not give it.
        package var days: Int
    }
}
