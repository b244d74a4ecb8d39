// SPDX-License-Identifier: Apache-2.0
// The worker that sends released mails on (R25).

internal import HoldfastLedger
internal import HoldfastModel
internal import HoldfastNode
internal import HoldfastSMTP
internal import HoldfastSegments
internal import Logging
internal import ServiceLifecycle
internal import Synchronization

/// Owns all releases of this gateway: each is sent once, and ends as a note.
final class Releases: Sendable {
    private struct State {
        var releases: [MailID: Release] = [:]
        /// Orders by the ids that their notes have or will have.
        var notes: [MailID: MailID] = [:]
        var running = 0
        var isStopping = false
    }

    let rules: ReleaseRules
    private let configuration: GatewayConfiguration
    private let keeper: RecordKeeper
    private let keys: KeyRing
    private let journal: ReleaseJournal
    private let tally: Tally
    private let lines: any SmarthostLines
    private let logger: Logger
    private let state = Mutex(State())
    private let changed = Signal()

    /// How long a mail that is being sent may take once the gateway stops.
    private static let stopSeconds: Int64 = 10

    init(
        rules: ReleaseRules, configuration: GatewayConfiguration, keeper: RecordKeeper,
        keys: KeyRing, tally: Tally, lines: any SmarthostLines = SocketLines(), logger: Logger
    ) {
        self.rules = rules
        self.configuration = configuration
        self.keeper = keeper
        self.keys = keys
        self.tally = tally
        self.lines = lines
        self.logger = logger
        journal = ReleaseJournal(keeper: keeper, logger: logger)
    }

    var count: Int { state.withLock { $0.releases.values.count { !$0.isDone } } }

    func release(_ order: MailID) -> Release? { state.withLock { $0.releases[order] } }

    /// All of one mail: those under way, and for a while those that are done.
    func releases(of mail: MailID) -> [Release] {
        state.withLock { $0.releases.values.filter { $0.order.mail == mail } }
    }

    func add(_ release: Release) {
        state.withLock { state in
            guard state.releases[release.order.id] == nil else { return }
            state.releases[release.order.id] = release
            state.notes[.note(of: release.order.id)] = release.order.id
        }
        changed.notify()
    }

    /// The DAL has this note. True when its order is here and it must not go before.
    func noteIsSafe(_ note: MailID) -> Bool {
        state.withLock { state in
            guard let order = state.notes[note] else { return false }
            state.releases[order]?.noteIsSafe = true
            return true
        }
    }

    /// Those of which nothing needs to be known any more.
    func forgettable(now: Timestamp) -> [SpoolRules.FinishedRelease] {
        state.withLock { state in
            state.releases.values.filter { $0.isForgettable(rules, now: now) }.map { release in
                SpoolRules.FinishedRelease(
                    order: release.source.segment, records: release.places.map(\.segment))
            }
        }
    }

    /// Forgets those whose orders were in these segments; what is left of them goes too.
    func forget(ordersIn dropped: [SegmentNumber]) -> [Release.Place] {
        state.withLock { state in
            let gone = state.releases.values.filter { dropped.contains($0.source.segment) }
            for release in gone {
                state.releases[release.order.id] = nil
                state.notes[.note(of: release.order.id)] = nil
            }
            return gone.flatMap(\.places).filter { !dropped.contains($0.segment) }
        }
    }

    /// Sends until the gateway stops; what is under way then may end first, for a while.
    func run() async {
        await withTaskCancellationOrGracefulShutdownHandler {
            await withTaskGroup(of: Void.self) { group in
                group.addTask { await self.sendAll() }
                group.addTask { await self.waitForStop() }
                await group.next()
                group.cancelAll()
            }
        } onCancelOrGracefulShutdown: { [self] in
            stop()
        }
    }

    /// Begins nothing more.
    func stop() {
        state.withLock { $0.isStopping = true }
        changed.notify()
    }

    private var isStopping: Bool { state.withLock { $0.isStopping } }

    private func waitForStop() async {
        while !isStopping, !Task.isCancelled {
            let generation = changed.generation
            if !isStopping { await wait(after: generation, milliseconds: 60_000) }
        }
        await keeper.clock.sleep(milliseconds: Self.stopSeconds * 1000)
    }

    private func wait(after generation: UInt64, milliseconds: Int64) async {
        await changed.wait(after: generation, milliseconds: milliseconds, by: keeper.clock)
    }

    private func sendAll() async {
        await withDiscardingTaskGroup { group in
            while !isStopping, !Task.isCancelled {
                let generation = changed.generation
                let (due, wait) = takeDue()
                for order in due {
                    group.addTask { await self.advance(order) }
                }
                if !isStopping { await self.wait(after: generation, milliseconds: wait) }
            }
        }
    }

    /// Takes as many as may be sent now, longest due first, and says how long the next one waits.
    private func takeDue() -> (orders: [MailID], wait: Int64) {
        let now = keeper.clock.monotonicMilliseconds
        return state.withLock { state in
            let waiting = state.releases.values.compactMap { release in
                release.nextTry.map { (order: release.order.id, at: $0) }
            }.sorted { $0.at < $1.at }
            let free = configuration.limits.releasesAtOnceMax - state.running
            let due = waiting.prefix { $0.at <= now }.prefix(free).map(\.order)
            for order in due { state.releases[order]?.nextTry = nil }
            state.running += due.count
            let next = waiting.dropFirst(due.count).first?.at ?? .max
            return (due, free == due.count ? 60_000 : min(60_000, max(1, next - now)))
        }
    }

    private func advance(_ order: MailID) async {
        guard var release = release(order) else { return }
        release.giveUp(rules, now: keeper.clock.now)
        if !release.isSettled { await attempt(&release) }
        release.giveUp(rules, now: keeper.clock.now)
        if release.isSettled { await end(&release) }
        let after =
            release.isSettled
            ? rules.writeAgainMilliseconds : rules.wait(afterAttempts: release.attempts)
        if !release.isDone {
            release.nextTry = keeper.clock.monotonicMilliseconds + after
            release.nextTryAt = keeper.clock.now.advanced(bySeconds: after / 1000)
        }
        state.withLock { [release] state in
            let isSafe = state.releases[order]?.noteIsSafe ?? false
            state.releases[order] = release
            state.releases[order]?.noteIsSafe = isSafe
            state.running -= 1
        }
        changed.notify()
    }

    private func attempt(_ release: inout Release) async {
        let open = release.open
        guard let smarthost = configuration.smarthost else {
            let reply = Reply(
                550, "5.4.4",
                "No smarthost is configured: set smarthost in the section [gateway], then release again"
            )
            release.take(open, all: .refused(reply))
            return
        }
        let message = SpooledMessage(
            keeper: keeper, keys: keys, source: release.source, mail: release.order.mail)
        let inspection: SpooledMessage.Inspection
        do {
            inspection = try await message.inspect()
        } catch {
            logger.error(
                "Release not readable",
                metadata: ["order": "\(release.order.id)", "error": "\(error)"])
            release.take(open, all: Self.result(of: error))
            return
        }
        await send(message, inspection, of: &release, to: smarthost)
    }

    private func send(
        _ message: SpooledMessage, _ inspection: SpooledMessage.Inspection,
        of release: inout Release, to smarthost: Smarthost
    ) async {
        let open = release.open
        let mail = OutgoingMail(
            release.order.envelope(for: open), messageBytes: inspection.bytes,
            isEightBit: inspection.isEightBit)
        let call = SmarthostCall(
            smarthost: smarthost, hostname: configuration.hostname, lines: lines)
        let changed = inspection.needsRepair
        var hasBegun = false
        let results = await call.send(mail, message, repairing: changed) { known in
            let settled = zip(open, known).compactMap { place, result in result.map { (place, $0) }
            }
            let inFlight = zip(open, known).filter { $0.1 == nil }.map(\.0)
            hasBegun = await journal.mark(
                &release, inFlight: inFlight, attempt: Dictionary(uniqueKeysWithValues: settled),
                lineEndsChanged: changed)
            return hasBegun
        }
        let hasNews = release.take(
            Dictionary(uniqueKeysWithValues: zip(open, results)), lineEndsChanged: changed)
        guard !release.isSettled, hasBegun || hasNews else { return }
        // Were this lost, who was in flight would be in doubt after a crash; nobody would get it twice.
        _ = await journal.mark(&release, inFlight: [], lineEndsChanged: false)
    }

    private func end(_ release: inout Release) async {
        guard !release.isDone else { return }
        let sentTo = configuration.smarthost?.description ?? ""
        guard await journal.note(&release, sentTo: sentTo) else { return }
        for result in release.results.compactMap(\.self) {
            tally.countRelease("\(result.outcome)")
        }
        logger.notice(
            "Release done",
            metadata: [
                "order": "\(release.order.id)", "mail": "\(release.order.mail)",
                "outcomes": "\(release.results.compactMap { $0.map { "\($0.outcome)" } })",
            ])
    }

    /// What cannot be read now may be another time, unless it is damaged.
    private static func result(of error: any Error) -> Delivery.Result {
        switch error {
        case SpooledMessage.Problem.damaged, CodecError.damaged, is RecordError,
            SegmentError.damaged:
            .refused(Reply(554, "5.6.0", "The mail cannot be sent: \(error)"))
        default:
            .tryLater(Reply(451, "4.3.0", "The mail cannot be read now: \(error)"))
        }
    }
}

extension Release {
    fileprivate mutating func take(_ places: [Int], all result: Delivery.Result) {
        take(Dictionary(uniqueKeysWithValues: places.map { ($0, result) }))
    }
}

extension Order {
    fileprivate func envelope(for places: [Int]) -> Envelope {
        Envelope(
            sender: sender, recipients: places.map { recipients[$0] }, eightBit: eightBit,
            utf8: utf8)
    }
}
