// SPDX-License-Identifier: Apache-2.0
// Gives an imported message the line ends that SMTP wants.

/// Turns each CR or LF that stands by itself into CRLF, and says whether there was one.
///
/// For messages that came from files with LF line ends. It changes a message, so it is used only
/// where someone asked for it, and what it did is told.
package struct LineEndRepair: Sendable {
    /// At least one line end was not CRLF.
    package private(set) var hasChanged = false
    private var isAfterReturn = false

    package init() {}

    /// Appends the next octets to `output`. A CR at their end waits for what follows it.
    package mutating func write(_ octets: ArraySlice<UInt8>, to output: inout [UInt8]) {
        var rest = octets
        while let octet = rest.first {
            if octet == Octet.feed {
                endLine(isWhole: isAfterReturn, to: &output)
                rest.removeFirst()
            } else {
                if isAfterReturn { endLine(isWhole: false, to: &output) }
                writeText(&rest, to: &output)
            }
        }
    }

    /// Ends the message: a CR that still waits becomes CRLF.
    package mutating func finish(to output: inout [UInt8]) {
        if isAfterReturn { endLine(isWhole: false, to: &output) }
    }

    private mutating func writeText(_ rest: inout ArraySlice<UInt8>, to output: inout [UInt8]) {
        let line = rest.prefix(rest.count(before: Octet.feed) ?? rest.count)
        let text = line.prefix(line.count(before: Octet.return) ?? line.count)
        output.append(contentsOf: text)
        isAfterReturn = text.count < line.count
        rest = rest.dropFirst(text.count + (isAfterReturn ? 1 : 0))
    }

    private mutating func endLine(isWhole: Bool, to output: inout [UInt8]) {
        output.append(Octet.return)
        output.append(Octet.feed)
        isAfterReturn = false
        if !isWhole { hasChanged = true }
    }
}
