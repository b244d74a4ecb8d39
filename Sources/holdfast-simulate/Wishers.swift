// SPDX-License-Identifier: Apache-2.0
// Those who want a mail held, not held any more, or purged, and what they were promised.

internal import HoldfastModel
internal import HoldfastNode
internal import NIOHTTP1

/// Orders holds, unholds and purges, each until a storage has it, and remembers what must be so then.
final class Wishers: Sendable {
    /// What somebody wants of a mail.
    enum Fate: Hashable, Sendable {
        /// It must not expire.
        case held
        /// It was held, and is about to be let go, or was: either may be so.
        case changing
        /// It was held, and is not any more.
        case released
        /// Somebody has begun to purge it, or is done: nobody may miss it, nor be sure that it is gone.
        case leaving
        /// It must not be found anywhere.
        case purged
    }

    private let world: World
    private let client: NodeClient
    private let fates = Cell<[MailID: Fate]>([:])
    private let open = Cell(0)

    private static let triesMax = 60
    private static let pollsMax = 10

    init(in world: World) {
        self.world = world
        client = NodeClient(
            token: World.token, over: SimulatedTransport(from: "keeper", life: nil, world: world))
    }

    /// Nobody waits for anything any more.
    var areDone: Bool { open.value == 0 }

    func fate(of mail: MailID) -> Fate? { fates.value[mail] }

    /// A mail was taken in: somebody may want something of it at some time.
    ///
    /// - Parameter again: brings the same octets once more, where they make the mail's id.
    /// - Returns: whether somebody does; then nobody else should.
    func consider(_ mail: MailID, again: (@Sendable () async -> Void)?) -> Bool {
        let draw = world.dice.below(1000)
        guard draw < 200, !world.plan.isOnlyTheDAL else { return false }
        open.value += 1
        let pause = world.dice.within(0...world.plan.activeSeconds * 1_000_000)
        world.spawn { [self] in
            await world.loop.sleep(pause)
            switch draw {
            case ..<20:
                // Whoever holds it forgets that when it is purged.
                if await order(.hold, mail) { await purge(mail, again) }
            case ..<80: await purge(mail, again)
            default: await hold(mail, isForGood: draw < 140)
            }
            open.value -= 1
        }
        return true
    }

    private func purge(_ mail: MailID, _ again: (@Sendable () async -> Void)?) async {
        fates.change { $0[mail] = .leaving }
        guard await order(.purge, mail) else { return }
        fates.change { $0[mail] = .purged }
        // A DAL whose clock has jumped believes that the mail's day has passed, and a purge ends then.
        guard let again, !world.plan.troubles.contains(.jumpingClock) else { return }
        for _ in 0..<world.dice.below(3) {
            await world.loop.sleep(world.dice.within(0...10_000_000))
            await again()
        }
    }

    private func hold(_ mail: MailID, isForGood: Bool) async {
        guard await order(.hold, mail) else { return }
        fates.change { $0[mail] = .held }
        guard !isForGood else { return }
        await world.loop.sleep(world.dice.within(100_000...10_000_000))
        fates.change { $0[mail] = .changing }
        if await order(.unhold, mail) { fates.change { $0[mail] = .released } }
    }

    /// Orders it again until a storage has it in its segments: from then on it is known as long as the mail.
    private func order(_ kind: WishRequest.Kind, _ mail: MailID) async -> Bool {
        // A mail that is purged is not there any more; whether that is known for good is to be seen.
        var last: WishAnswer?
        for _ in 0..<Self.triesMax {
            do {
                let request = WishRequest(
                    kind: kind, mails: [mail], by: "a person", reason: "simulated")
                let answer = try await client.json(
                    .POST, "http://office:80/dal/dal/wishes", as: WishesAnswer.self,
                    body: .json(request))
                last = answer.wishes.first ?? last
                if let last, try await isConfirmed(last) {
                    world.log.note("\(kind.rawValue) of \(mail) is kept")
                    return true
                }
            } catch {
                // It is asked for again.
            }
            await world.loop.sleep(world.dice.within(1_000_000...6_000_000))
        }
        return false
    }

    private func isConfirmed(_ wish: WishAnswer) async throws -> Bool {
        for _ in 0..<Self.pollsMax {
            await world.loop.sleep(1_000_000)
            let answer = try await client.json(
                .GET, "http://office:80/dal/dal/wishes/\(wish.order)?mail=\(wish.mail)",
                as: WishAnswer.self)
            if answer.confirmed > 0 { return true }
        }
        return false
    }
}
