// SPDX-License-Identifier: Apache-2.0
// `--config`, which every verb takes.

internal import ArgumentParser
internal import Foundation

/// Which configuration file a verb works with.
struct ConfigOption: ParsableArguments {
    @Option(
        help: ArgumentHelp(
            "The configuration file; else that of HOLDFAST_CONFIG, else \(Self.standardPath).",
            valueName: "file"))
    var config: String?

    static let standardPath = "/etc/holdfast/holdfast.toml"

    var path: String {
        let named = ProcessInfo.processInfo.environment["HOLDFAST_CONFIG"] ?? ""
        return config ?? (named.isEmpty ? Self.standardPath : named)
    }

    /// The file, read and checked.
    func installation() throws -> Installation {
        try Installation(file: path)
    }
}
