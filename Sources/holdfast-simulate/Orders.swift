// SPDX-License-Identifier: Apache-2.0
// Those who want a mail back, and what became of that.

internal import HoldfastModel
internal import HoldfastNode
internal import NIOHTTP1

/// Orders releases, some of them twice, and remembers for which mails.
final class Orders: Sendable {
    /// A release that a DAL has promised.
    struct Promised: Sendable {
        var mail: MailID
        var sender: String
        var order: String
    }

    private let world: World
    private let client: NodeClient
    private let all = Cell<[Promised]>([])
    private let open = Cell(0)

    private static let triesMax = 200

    init(in world: World) {
        self.world = world
        client = NodeClient(
            token: World.token, over: SimulatedTransport(from: "person", life: nil, world: world))
    }

    var areDone: Bool { open.value == 0 }

    /// A mail was taken in: somebody may want it back at some time.
    func consider(_ mail: MailID, of sender: String) {
        guard world.dice.happens(250) else { return }
        for _ in 0...(world.dice.happens(300) ? 1 : 0) {
            open.value += 1
            let pause = world.dice.within(0...world.plan.activeSeconds * 1_000_000)
            world.spawn { [self] in
                await world.loop.sleep(pause)
                await order(mail, of: sender)
                open.value -= 1
            }
        }
    }

    private func order(_ mail: MailID, of sender: String) async {
        for _ in 0..<Self.triesMax {
            do {
                let request = ReleaseRequest(
                    mail: mail.description, to: nil, again: false, by: "a person")
                let answer = try await client.json(
                    .POST, "http://office:80/dal/dal/orders", as: ReleaseAnswer.self,
                    body: .json(request))
                world.log.note("release of \(mail) is \(answer.order)")
                all.change {
                    $0.append(Promised(mail: mail, sender: sender, order: answer.order))
                }
                return
            } catch {
                await world.loop.sleep(world.dice.within(1_000_000...9_000_000))
            }
        }
    }

    /// A release that is not done yet; nil when there is none.
    func unrest(_ client: NodeClient) async -> String? {
        guard areDone else { return "somebody still wants a mail back" }
        for promised in all.value {
            let answer = try? await client.json(
                .GET, "http://office:80/dal/dal/orders/\(promised.order)?mail=\(promised.mail)",
                as: ReleaseAnswer.self)
            if let answer, answer.state != "done" {
                return "the release \(promised.order) is \(answer.state)"
            }
        }
        return nil
    }

    /// Nobody got a mail twice, and everybody was told the truth.
    func check(_ client: NodeClient) async throws {
        var outcomes: [String: [String: String]] = [:]
        for promised in all.value {
            do {
                outcomes[promised.sender, default: [:]][promised.order] = try await outcome(
                    of: promised, client)
            } catch let error as NodeError where error.status == 404 {
                // An order that no gateway had yet is lost with its catalog; a person sees that.
                guard world.plan.troubles.contains(.olderCatalog) else { throw error }
                outcomes[promised.sender, default: [:]][promised.order] = "in doubt"
            }
        }
        for (sender, outcomes) in outcomes.sorted(by: { $0.key < $1.key }) {
            try check(sender, outcomes)
        }
    }

    private func outcome(of promised: Promised, _ client: NodeClient) async throws -> String {
        let answer = try await client.json(
            .GET, "http://office:80/dal/dal/orders/\(promised.order)?mail=\(promised.mail)",
            as: ReleaseAnswer.self)
        guard answer.state == "done", let outcome = answer.results.first?.outcome else {
            throw Fault(description: "the release \(promised.order) is \(answer.state)")
        }
        return outcome
    }

    /// - Parameter outcomes: of all orders for the one mail of a sender. A copy that could not be read, or
    ///   a smarthost that was away for days, ends one as refused; then another may be given.
    private func check(_ sender: String, _ outcomes: [String: String]) throws {
        let times = world.smarthost.timesTaken(from: sender)
        let sent = outcomes.values.count { $0 == "sent" }
        let isTrue = outcomes.values.contains("in doubt") ? times <= 1 : times == sent && sent <= 1
        guard isTrue else {
            throw Fault(
                description: "the mail of \(sender) was taken \(times) times: \(outcomes)")
        }
    }
}
