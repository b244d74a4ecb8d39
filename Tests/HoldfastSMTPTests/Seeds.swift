// SPDX-License-Identifier: Apache-2.0
// The seeds of this target's randomised tests.

import HoldfastChance

extension Seeds {
    /// Those that failed once, and that of this run.
    static let ofDialogues = toTry(
        failedBefore: [7, 1_582_327_157_917_924_709, 13_965_101_652_647_812_283])
}
