// SPDX-License-Identifier: Apache-2.0
// Standard output and standard error, written without keeping a cooperative thread.

internal import Foundation
internal import HoldfastNode

/// The one writer of the program's output; what is written comes out in that order.
struct Output: Sendable {
    /// Nobody reads any more.
    struct Closed: Error {}

    static let standard = Output(descriptor: STDOUT_FILENO, name: "output")
    private static let error = Output(descriptor: STDERR_FILENO, name: "messages")

    private let descriptor: Int32
    private let thread: DiskThread

    private init(descriptor: Int32, name: String) {
        self.descriptor = descriptor
        thread = DiskThread(name: name)
    }

    func write(_ text: String) async throws {
        try await write(Array(text.utf8)[...])
    }

    func write(_ octets: ArraySlice<UInt8>) async throws {
        guard !octets.isEmpty else { return }
        try await thread.run { [descriptor] in
            try octets.withUnsafeBytes { try Self.writeAll($0, to: descriptor) }
        }
    }

    /// The same from a thread that may wait, before anything that is written from now on.
    func writeNow(_ octets: [UInt8]) throws {
        try octets.withUnsafeBytes { try Self.writeAll($0, to: descriptor) }
    }

    /// A line for the person at the terminal; data goes to the standard output instead.
    static func say(_ line: String) async {
        // A message that nobody can read any more is no reason to stop.
        try? await error.write(Terminal.tidied(line) + "\n")
    }

    /// Text for the terminal as it is, controls included: only for what we made ourselves.
    static func draw(_ text: String) async {
        try? await error.write(text)
    }

    private static func writeAll(_ octets: UnsafeRawBufferPointer, to descriptor: Int32) throws {
        var rest = octets[...]
        while !rest.isEmpty {
            let part = UnsafeRawBufferPointer(rebasing: rest)
            let count = Foundation.write(descriptor, part.baseAddress, part.count)
            if count < 0, errno == EINTR { continue }
            if count < 0, errno == EPIPE { throw Closed() }
            guard count >= 0 else {
                throw Failure(
                    .someFailed, "the output cannot be written: \(String(cString: strerror(errno)))"
                )
            }
            rest = rest.dropFirst(count)
        }
    }
}
