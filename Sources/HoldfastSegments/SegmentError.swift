// SPDX-License-Identifier: Apache-2.0
// What can go wrong with a segment.

package import HoldfastDisk
package import HoldfastModel

/// What can go wrong with a segment.
///
/// Each case is something its reader can act on; anything else is a bug and traps.
package enum SegmentError: Error, Equatable {
    /// The disk said no. After a failed write the segment is fenced and a fresh one is opened.
    case disk(DiskError)
    /// Neither copy of the segment's header can be read.
    case damagedHeader
    /// Made by a later version of Holdfast.
    case newerFormat(Int)
    /// The record at this place does not match its checksum: read another copy.
    case damaged(segment: SegmentNumber, offset: UInt64)
    /// Another mail lies at this place.
    case otherMail(segment: SegmentNumber, offset: UInt64)
    /// No such segment here; it expired, or the location belongs to another node.
    case absent(SegmentNumber)
    /// This run has failed to write so often that it writes nothing more.
    case fencedTooOften
    /// The disk holds less than `reserve` free bytes. Nothing was written.
    case full(free: UInt64, reserve: UInt64)
}

extension SegmentError: CustomStringConvertible {
    package var description: String {
        switch self {
        case .disk(let error): "\(error)"
        case .damagedHeader: "the header of the segment cannot be read"
        case .newerFormat(let version):
            "the segment has format \(version), which needs a later version of Holdfast"
        case .damaged(let segment, let offset): "the record at \(segment)/\(offset) is damaged"
        case .otherMail(let segment, let offset): "another mail lies at \(segment)/\(offset)"
        case .absent(let segment): "there is no segment \(segment)"
        case .fencedTooOften:
            "the disk failed \(Fence.fencesMax) times; look at it, then start Holdfast again"
        case .full(let free, let reserve):
            "the disk has \(free) bytes left, and \(reserve) are kept in reserve"
        }
    }
}

/// Does what only a disk can refuse.
func onDisk<Result>(_ body: () throws(DiskError) -> Result) throws(SegmentError) -> Result {
    do throws(DiskError) { return try body() } catch { throw .disk(error) }
}
