// SPDX-License-Identifier: Apache-2.0
// What the disk itself can do: append and sync, nothing else.

internal import Foundation
internal import HoldfastDisk

enum RawDisk {
    private static let batchBytes = 1 << 20

    /// Mails of this size a second that can be appended in 1 MiB batches, each synced.
    static func mailsPerSecond(
        _ mails: [[UInt8]], in folder: String, seconds: Double
    ) throws -> Double {
        let disk = RealDisk()
        let path = folder + "/raw"
        let file = try disk.create(path)
        defer { try? disk.remove(path) }
        var batch: [UInt8] = []
        var count = 0
        while batch.count + mails[0].count <= batchBytes {
            batch += mails[count % mails.count]
            count += 1
        }
        let began = Date()
        var batches = 0
        while Date().timeIntervalSince(began) < seconds {
            try file.write(batch, at: UInt64(batches) * UInt64(batch.count))
            try file.sync()
            batches += 1
        }
        return Double(batches * count) / Date().timeIntervalSince(began)
    }
}
