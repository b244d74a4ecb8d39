// SPDX-License-Identifier: Apache-2.0
// What lies in a file of the disk in memory.

/// The octets of a file as far as they were written; what was only reserved is zeros that take no
/// room here.
struct FileImage {
    var bytes: [UInt8] = []
    var size = 0

    private static let sectorBytes = 512

    mutating func write(_ octets: Slice<UnsafeRawBufferPointer>, at offset: Int) {
        let end = offset + octets.count
        if bytes.count < end { bytes += [UInt8](repeating: 0, count: end - bytes.count) }
        bytes.replaceSubrange(offset..<end, with: octets)
        size = max(size, end)
    }

    /// Fills as much as there is; returns how much.
    func read(into octets: UnsafeMutableRawBufferPointer, at offset: Int) -> Int {
        let count = max(0, min(size - offset, octets.count))
        let written = offset < bytes.count ? bytes[offset...].prefix(count) : []
        octets.copyBytes(from: written)
        for place in written.count..<count { octets[place] = 0 }
        return count
    }

    mutating func truncate(to size: Int) {
        if bytes.count > size { bytes.removeLast(bytes.count - size) }
        self.size = size
    }

    /// Takes over those sectors of a later image that survive, and perhaps its size.
    mutating func take(partsOf later: FileImage, _ survives: () -> Bool) {
        let known = bytes
        if later.size != size, survives() { size = later.size }
        bytes += [UInt8](repeating: 0, count: max(0, later.bytes.count - bytes.count))
        for start in stride(from: 0, to: later.bytes.count, by: Self.sectorBytes) {
            let sector = later.bytes[start...].prefix(Self.sectorBytes)
            guard !sector.elementsEqual(known.dropFirst(start).prefix(Self.sectorBytes)),
                survives()
            else { continue }
            bytes.replaceSubrange(start..<start + sector.count, with: sector)
        }
        truncate(to: size)
    }
}
