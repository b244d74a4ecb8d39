// SPDX-License-Identifier: Apache-2.0
// `--segments` and `--key-file`: working with a disk that nobody serves.

internal import ArgumentParser
internal import HoldfastDisk
internal import HoldfastSegments

/// Segments to read in place of an installation.
struct SegmentsOption: ParsableArguments {
    @Option(
        parsing: .upToNextOption,
        help: ArgumentHelp(
            """
            Read these segments instead of asking an installation: data folders, folders of segments \
            or single files, also of an unplugged disk. No configuration is needed.
            """, valueName: "path"))
    var segments: [String] = []

    @Option(
        help: ArgumentHelp(
            "With --segments: the key file of the installation, for encrypted mails.",
            valueName: "file"))
    var keyFile: String?

    func validate() throws {
        if keyFile != nil, segments.isEmpty {
            throw ValidationError("--key-file goes with --segments")
        }
    }

    func keys() throws -> KeyRing {
        guard let keyFile else { return .none }
        let text: String
        do {
            text = try RealDisk().text(of: keyFile)
        } catch {
            throw Failure(.badQuery, "--key-file: \(error)")
        }
        guard let keys = KeyRing(text: text) else {
            throw Failure(.badQuery, "--key-file \(keyFile): a line must be `number key`")
        }
        return keys
    }
}
