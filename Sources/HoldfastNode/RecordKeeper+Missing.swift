// SPDX-License-Identifier: Apache-2.0
// Segments whose files somebody took away while they were served.

internal import HoldfastDisk
package import HoldfastLedger
package import HoldfastModel
internal import HoldfastSegments

extension RecordKeeper {
    /// The segments that the local index knows and that have no file any more.
    package func missingSegments() async throws -> [SegmentRow] {
        let suspects = try await readLong { [self] ledger, _ in
            // First what is known: what is new then is in neither.
            let known = try ledger.segments()
            return try without(files: known)
        }
        guard !suspects.isEmpty else { return [] }
        // While names are read one may be renamed, because it is sealed, and is in no list. One that is
        // dropped has no rows before it has no file.
        return try await betweenBatches { [self] _ in
            let known = Set(try ledger.segments().map(\.segment))
            return try without(files: suspects).filter { known.contains($0.segment) }
        }
    }

    private func without(files known: [SegmentRow]) throws -> [SegmentRow] {
        // A disk that is not mounted takes nothing with it.
        guard machine.disk.exists(store.folder) else {
            throw SegmentError.disk(.absent(path: store.folder))
        }
        let there = Set(try SegmentFolder(store.folder, on: machine.disk).files().map(\.segment))
        return known.filter { !there.contains($0.segment) }
    }

    /// Forgets what lay in a segment that has no file any more, as the next start would; also what of it
    /// can be read as long as this process has it open.
    package func forgetMissing(_ segment: SegmentNumber) async throws {
        try await betweenBatches { store in store.leave(segment) }
        try await note(.dropped(segment))
        reader.forget(segment)
        damage.forget(segment)
    }
}
