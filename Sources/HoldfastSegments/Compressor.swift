// SPDX-License-Identifier: Apache-2.0
// zstd and zlib, one chunk at a time.

internal import CHoldfastCompression
internal import HoldfastModel

enum Compressor {
    /// zstd's fastest level: the next one takes a third more time for one per cent less.
    private static let zstdLevel: Int32 = 1
    private static let zlibLevel: Int32 = 6

    /// The compressed octets; nil when they would not be a twentieth smaller.
    static func compressed(_ octets: [UInt8], by compression: Compression) -> [UInt8]? {
        let worthwhile = octets.count - octets.count / 20 - 1
        guard worthwhile > 0 else { return nil }
        let made = [UInt8](unsafeUninitializedCapacity: worthwhile) { into, count in
            count = octets.withUnsafeBytes { from in
                switch compression {
                case .none: 0
                case .zlib:
                    holdfast_zlib_compress(
                        into.baseAddress, into.count, from.baseAddress, from.count, zlibLevel)
                case .zstd:
                    holdfast_zstd_compress(
                        into.baseAddress, into.count, from.baseAddress, from.count, zstdLevel)
                }
            }
        }
        return made.isEmpty ? nil : made
    }

    /// Exactly `bytes` octets, or the section is damaged.
    static func octets(
        of stored: ArraySlice<UInt8>, by compression: Compression, bytes: Int
    ) throws(CodecError) -> [UInt8] {
        let made = [UInt8](unsafeUninitializedCapacity: bytes) { into, count in
            count = stored.withUnsafeBytes { from in
                switch compression {
                case .none: 0
                case .zlib:
                    holdfast_zlib_decompress(
                        into.baseAddress, into.count, from.baseAddress, from.count)
                case .zstd:
                    holdfast_zstd_decompress(
                        into.baseAddress, into.count, from.baseAddress, from.count)
                }
            }
        }
        guard made.count == bytes, bytes > 0 else { throw .damaged }
        return made
    }
}
