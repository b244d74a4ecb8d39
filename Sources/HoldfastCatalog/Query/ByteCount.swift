// SPDX-License-Identifier: Apache-2.0
// Sizes as people write them.

/// Reads `1200`, `10K`, `10M`, `2G` (thousands) and `10Ki`, `10Mi`, `2Gi` (1024s), a `B` allowed.
func byteCount(_ text: String) -> UInt64? {
    let text = text.lowercased()
    let digits = text.prefix { ("0"..."9").contains($0) }
    guard let number = UInt64(digits) else { return nil }
    var unit = text.dropFirst(digits.count)
    if unit.hasSuffix("b") { unit = unit.dropLast() }
    let factor: UInt64
    switch unit {
    case "": factor = 1
    case "k": factor = 1000
    case "m": factor = 1_000_000
    case "g": factor = 1_000_000_000
    case "ki": factor = 1 << 10
    case "mi": factor = 1 << 20
    case "gi": factor = 1 << 30
    default: return nil
    }
    let (bytes, overflow) = number.multipliedReportingOverflow(by: factor)
    return overflow || bytes > UInt64(Int64.max) ? nil : bytes
}
