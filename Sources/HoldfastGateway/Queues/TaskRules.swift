// SPDX-License-Identifier: Apache-2.0
// What becomes of a mail that was offered to a storage: re-sending until the ack (R13).

internal import HoldfastModel

/// What a gateway remembers of one task besides its place in the queue; gone with the process.
struct TaskHistory: Hashable, Sendable {
    /// How often a storage took it since the ack is waited for.
    var timesKept = 0
    /// How often it came back since a storage took it.
    var setbacks = 0
    var refusals = 0
    /// Who refused it, once that is known.
    var refusedBy: String?
    /// Who holds it, as the storage said that took it: it is offered there again.
    var slip: Slip?
}

/// The rules of the queue `tasks`.
enum TaskRules {
    enum Decision: Hashable {
        /// It may be leased again after so long, in milliseconds.
        case waitForAck(Int64)
        case comeBack(Int64, reason: String)
        case bury(reason: String)
    }

    static let ackMilliseconds: ClosedRange<Int64> = 30_000...900_000
    static let backMilliseconds: ClosedRange<Int64> = 1_000...60_000
    static let refusalsMax = 5

    /// Takes what became of an offer.
    ///
    /// - Parameter copies: so many are wanted before the reply to who brought the mail (D12).
    /// - Parameter chance: from 0 to 1; spreads what would come back together by a tenth.
    static func settle(
        _ outcome: Outcome, by node: String, slip: Slip?, _ history: inout TaskHistory,
        copies: Int = 0, chance: Double
    ) -> Decision {
        switch outcome {
        case .kept, .alreadyHeld:
            let holders = history.slip?.holders.count ?? 0
            history.slip = slip ?? history.slip
            if let slip = history.slip, slip.isUnderWay(to: copies) {
                return offerFurther(&history, isNews: slip.holders.count > holders, chance)
            }
            history.setbacks = 0
            history.timesKept += 1
            return .waitForAck(
                spread(doubled(ackMilliseconds, times: history.timesKept - 1), chance))
        case .notHere(let reason), .later(let reason):
            let isUnderWay = history.slip?.isUnderWay(to: copies) ?? false
            let slip = history.slip
            // It is the further copy that nobody took: the one that there is stays where it is.
            defer { if isUnderWay { history.slip = slip } }
            return comeBack(reason, &history, chance)
        case .refused(let reason):
            history.refusals += 1
            let isSecondTarget = history.refusedBy.map { $0 != node } ?? false
            history.refusedBy = history.refusedBy ?? node
            guard isSecondTarget || history.refusals >= refusalsMax else {
                return comeBack(reason, &history, chance)
            }
            return .bury(reason: reason)
        }
    }

    /// The next copy is wanted before anybody is answered: at once, unless nothing came of that before.
    private static func offerFurther(
        _ history: inout TaskHistory, isNews: Bool, _ chance: Double
    ) -> Decision {
        let reason = "a further copy is wanted before the reply"
        guard !isNews else {
            history.setbacks = 0
            return .comeBack(0, reason: reason)
        }
        history.setbacks += 1
        return .comeBack(
            spread(doubled(backMilliseconds, times: history.setbacks - 1), chance), reason: reason)
    }

    private static func comeBack(
        _ reason: String, _ history: inout TaskHistory, _ chance: Double
    ) -> Decision {
        // A copy that nobody can take again need not be looked for where it was.
        history.slip = nil
        history.setbacks += 1
        return .comeBack(
            spread(doubled(backMilliseconds, times: history.setbacks - 1), chance), reason: reason)
    }

    static func doubled(_ range: ClosedRange<Int64>, times: Int) -> Int64 {
        min(range.upperBound, range.lowerBound << min(max(times, 0), 20))
    }

    static func spread(_ milliseconds: Int64, _ chance: Double) -> Int64 {
        Int64(Double(milliseconds) * (0.9 + 0.2 * chance))
    }

    /// Nobody need keep it any longer: the task is finished without an ack.
    ///
    /// - Parameter isDoubtful: nothing may be dropped on the word of the clock (D8).
    static func isOver(keepUntil: Day, today: Day, isDoubtful: @autoclosure () -> Bool) -> Bool {
        keepUntil < today && !isDoubtful()
    }
}

extension Slip {
    /// Some storage holds it, and the reply waits for more. Where no holder is named whoever took it is
    /// no storage, and only the ack tells.
    fileprivate func isUnderWay(to copies: Int) -> Bool {
        !holders.isEmpty && wantsMoreCopies(before: copies)
    }
}
