// SPDX-License-Identifier: Apache-2.0
// How long a mail that is handed in is to be kept.

internal import ArgumentParser
internal import HoldfastModel

/// `--keep-days`.
struct KeepOption: ParsableArguments {
    @Option(
        help: ArgumentHelp("Keep it so long; else as the gateway is set up.", valueName: "days"))
    var keepDays: Int?

    func validate() throws {
        guard keepDays.map(Slip.keepDaysRange.contains) ?? true else {
            let range = Slip.keepDaysRange
            throw ValidationError(
                "--keep-days must be from \(range.lowerBound) to \(range.upperBound)")
        }
    }
}
