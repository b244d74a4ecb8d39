// SPDX-License-Identifier: Apache-2.0
// A folder that is made whole, or not at all.

internal import Foundation
internal import HoldfastDisk

enum NewFolder {
    /// Makes a folder that is empty or not there, and fills it; takes all away again on failure.
    static func make(
        _ folder: String, _ fill: (_ folder: String, _ disk: RealDisk) throws -> Void
    ) throws {
        let disk = RealDisk()
        let wasThere = disk.exists(folder)
        if wasThere { try checkEmpty(folder, disk) }
        do {
            try disk.makeFolder(folder)
            try fill(folder, disk)
            try disk.syncFolder(folder)
        } catch {
            clear(folder, withItself: !wasThere)
            throw failure(folder, error)
        }
    }

    private static func checkEmpty(_ folder: String, _ disk: RealDisk) throws {
        let names: [String]
        do {
            names = try disk.names(in: folder)
        } catch {
            throw failure(folder, error)
        }
        guard names.isEmpty else {
            throw Failure(
                .badQuery, "\(folder) is not empty; name a folder that is, or one that is not there"
            )
        }
    }

    /// Room may come; what else is wrong is wrong with the folder that was named.
    private static func failure(_ folder: String, _ error: any Error) -> Failure {
        switch error {
        case let failure as Failure: failure
        case DiskError.full: Failure(.someFailed, "\(folder) cannot be set up: \(error)")
        default: Failure(.badQuery, "\(folder) cannot be set up: \(error); name another folder")
        }
    }

    private static func clear(_ folder: String, withItself: Bool) {
        let files = FileManager.default
        let names = (try? files.contentsOfDirectory(atPath: folder)) ?? []
        // What cannot be taken away either is named by the failure that brought us here.
        for name in names { try? files.removeItem(atPath: "\(folder)/\(name)") }
        if withItself { try? files.removeItem(atPath: folder) }
    }
}
