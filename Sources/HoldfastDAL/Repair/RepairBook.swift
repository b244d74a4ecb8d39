// SPDX-License-Identifier: Apache-2.0
// Which repairs are under way, as a value. Time is that of a clock that never jumps, in milliseconds.

internal import HoldfastCatalog
internal import HoldfastModel

/// The repairs under way, and how they went. It is lost with the process: what is short is known to the
/// catalog, and ordered again.
struct RepairBook {
    private struct Open {
        var place: CopyPlace
        var node: NodeID
        /// When it is given up, if the mail is short still.
        var until: Int64
        var attempts: Int
    }

    private struct Resting {
        var until: Int64
        var attempts: Int
    }

    let limits: RepairLimits
    private var open: [MailID: Open] = [:]
    /// What was ordered in vain, and is not ordered again before its time.
    private var resting: [MailID: Resting] = [:]
    private(set) var done = 0
    /// How many were done in each of the last minutes.
    private var minutes: [(minute: Int64, done: Int)] = []
    private var spent: (second: Int64, orders: Int) = (0, 0)

    private static let openMilliseconds: Int64 = 30_000
    private static let restMilliseconds: Int64 = 30_000
    private static let restMillisecondsMax: Int64 = 900_000
    private static let restingMax = 100_000
    private static let minutesMax = 10

    init(_ limits: RepairLimits) {
        self.limits = limits
    }

    var openMails: [MailID] { Array(open.keys) }
    var openCount: Int { open.count }

    /// How many may be ordered now.
    func room(now: Int64) -> Int {
        let spent = spent.second == now / 1000 ? spent.orders : 0
        return max(0, min(limits.openMax - open.count, limits.perSecond - spent))
    }

    /// How often this was ordered already; nil when it is not its time.
    func attempts(_ mail: MailID, now: Int64) -> Int? {
        if open[mail] != nil { return nil }
        guard let rest = resting[mail] else { return 0 }
        return rest.until <= now ? rest.attempts : nil
    }

    mutating func ordered(_ mail: MailID, at copy: ShortMail.Copy, now: Int64) {
        let attempts = resting.removeValue(forKey: mail)?.attempts ?? 0
        open[mail] = Open(
            place: copy.place, node: copy.holder.node, until: now + Self.openMilliseconds,
            attempts: attempts + 1)
        if spent.second != now / 1000 { spent = (now / 1000, 0) }
        spent.orders += 1
    }

    /// The holder did not do it. Where the copy is that it does not have, as it says; nil when it did not
    /// say so.
    mutating func failed(
        _ mail: MailID, isGone: Bool, now: Int64
    ) -> (node: NodeID, place: CopyPlace)? {
        guard let failed = open.removeValue(forKey: mail) else { return nil }
        rest(mail, after: failed, until: isGone ? now : nil, now: now)
        return isGone ? (failed.node, failed.place) : nil
    }

    /// Takes which of the open ones are short still; what was in vain rests.
    mutating func look(stillShort: Set<MailID>, now: Int64) {
        for (mail, item) in open {
            if !stillShort.contains(mail) {
                open[mail] = nil
                note(now: now)
            } else if item.until <= now {
                open[mail] = nil
                rest(mail, after: item, until: nil, now: now)
            }
        }
        if resting.count > Self.restingMax { resting.removeAll() }
    }

    private mutating func rest(_ mail: MailID, after item: Open, until: Int64?, now: Int64) {
        let doubled = Self.restMilliseconds << Int64(min(item.attempts - 1, 10))
        resting[mail] = Resting(
            until: until ?? now + min(Self.restMillisecondsMax, doubled), attempts: item.attempts)
    }

    private mutating func note(now: Int64) {
        done += 1
        let minute = now / 60_000
        if minutes.last?.minute != minute { minutes.append((minute, 0)) }
        minutes[minutes.count - 1].done += 1
        if minutes.count > Self.minutesMax { minutes.removeFirst() }
    }

    /// Repairs a minute, over the last minutes in which there were any; 0 when there were none.
    func perMinute(now: Int64) -> Double {
        let minute = now / 60_000
        let recent = minutes.filter { $0.minute > minute - Int64(Self.minutesMax) }
        guard let first = recent.first else { return 0 }
        let span = max(1, Double(now - first.minute * 60_000) / 60_000)
        return Double(recent.reduce(0) { $0 + $1.done }) / span
    }
}
