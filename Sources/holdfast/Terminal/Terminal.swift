// SPDX-License-Identifier: Apache-2.0
// What is known of the terminal, and what must never reach it.

internal import Foundation
internal import HoldfastDisk

/// The terminal, if there is one.
enum Terminal {
    static var outputIsTerminal: Bool { isatty(STDOUT_FILENO) == 1 }
    static var errorIsTerminal: Bool { isatty(STDERR_FILENO) == 1 }

    /// Columns of the terminal; of `COLUMNS`, or 100, where there is none.
    static var columns: Int {
        var size = winsize()
        let isKnown = ioctl(STDOUT_FILENO, UInt(TIOCGWINSZ), &size) == 0 && size.ws_col > 0
        if isKnown { return Int(size.ws_col) }
        let given = ProcessInfo.processInfo.environment["COLUMNS"].flatMap(Int.init)
        return given.map { min(max($0, 20), 1000) } ?? 100
    }

    /// The text on one line, without anything that could drive a terminal or deceive an eye.
    static func tidied(_ text: String) -> String {
        cleaned(text, keepingLines: false)
    }

    /// The same for text of several lines.
    static func tidiedLines(_ text: String) -> String {
        cleaned(text, keepingLines: true)
    }

    private static func cleaned(_ text: String, keepingLines: Bool) -> String {
        let text = FileName.readable(text)
        guard text.unicodeScalars.contains(where: isHidden) else { return text }
        var clean = String.UnicodeScalarView()
        for scalar in text.unicodeScalars {
            if !isHidden(scalar) || (keepingLines && (scalar == "\n" || scalar == "\t")) {
                clean.append(scalar)
            } else if scalar == "\n" || scalar == "\t" {
                clean.append(" ")
            } else if scalar != "\r" {
                clean.append("\u{fffd}")
            }
        }
        return String(clean)
    }

    private static func isHidden(_ scalar: Unicode.Scalar) -> Bool {
        switch scalar.value {
        case 0..<0x20, 0x7f..<0xa0: true
        // Marks that turn the direction of writing, and separators that begin a line.
        case 0x200e...0x200f, 0x2028...0x202e, 0x2066...0x2069: true
        default: false
        }
    }
}
