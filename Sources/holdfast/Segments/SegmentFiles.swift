// SPDX-License-Identifier: Apache-2.0
// The segments on a disk that nobody serves.

internal import HoldfastDisk
internal import HoldfastModel
internal import HoldfastSegments

/// Segment files that were named one by one, by their folder, or by the data folder around it.
struct SegmentFiles: Sendable {
    /// A record that a visit found.
    struct Place: Hashable, Sendable {
        var file: Int
        var segment: SegmentNumber
        var offset: UInt64
    }

    let files: [SegmentFolder.File]
    private let readers: [String: SegmentReader]

    /// - Throws: a sentence for a path that holds no segment.
    init(paths: [String]) throws {
        let disk = RealDisk()
        var files: [SegmentFolder.File] = []
        for path in paths {
            let found = try Self.files(at: path, on: disk)
            guard !found.isEmpty else {
                throw Failure(
                    .badQuery,
                    "\(path) holds no segment: name a data folder, its folder `segments`, or a file of"
                        + " it (.seg, .act)")
            }
            files += found
        }
        self.files = files
        readers = Dictionary(
            files.map { Path.folder(of: $0.path) }.map { ($0, SegmentReader(folder: $0, on: disk)) }
        ) { first, _ in first }
    }

    private static func files(at path: String, on disk: RealDisk) throws -> [SegmentFolder.File] {
        do throws(SegmentError) {
            if Path.isFolder(path) {
                let inner = path + "/segments"
                return try SegmentFolder(Path.isFolder(inner) ? inner : path, on: disk).files()
            }
            let folder = Path.folder(of: path)
            return try SegmentFolder(folder, on: disk).files()
                .filter { Path.name(of: $0.path) == Path.name(of: path) }
        } catch {
            throw Failure(.badQuery, "\(error)")
        }
    }

    /// Visits the header sections of every record; tells of each file that cannot be read.
    func eachRecord(
        _ visit: (Record, Place) throws -> Void, unreadable: (_ file: String, _ why: String) -> Void
    ) throws {
        for (number, file) in files.enumerated() {
            let folder = SegmentFolder(Path.folder(of: file.path), on: RealDisk())
            do {
                let report = try folder.sections(of: file) { found in
                    try visit(
                        found.record,
                        Place(
                            file: number, segment: found.place.segment, offset: found.place.offset))
                }
                if !report.damaged.isEmpty {
                    unreadable(
                        file.path,
                        report.damaged.count == 1
                            ? "a damaged place" : "\(report.damaged.count) damaged places")
                }
            } catch let error as SegmentError {
                unreadable(file.path, "\(error)")
            }
        }
    }

    /// The whole record at a place, and what reads the rest of a large one.
    func record(at place: Place, mail: MailID?) throws -> (Record, SegmentReader) {
        let folder = Path.folder(of: files[place.file].path)
        guard let reader = readers[folder] else { throw SegmentError.absent(place.segment) }
        let record = try reader.record(segment: place.segment, offset: place.offset, mail: mail)
        return (record, reader)
    }
}
