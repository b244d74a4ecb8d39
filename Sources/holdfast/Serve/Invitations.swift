// SPDX-License-Identifier: Apache-2.0
// How a machine gets into an installation: an invitation, and the code that was typed there.

internal import Crypto
internal import HoldfastModel
internal import HoldfastNode
internal import Hummingbird
internal import Logging
internal import Synchronization

/// What `POST invitations` answers.
struct InvitationAnswer: Codable, Hashable, Sendable {
    var format_version = 1
    var code: String
    var minutes: Int
}

/// What `POST join` is sent.
struct JoinRequest: Codable, Hashable, Sendable {
    var code: String
}

/// What `POST join` answers: all that a new machine needs.
struct JoinAnswer: Codable, Hashable, Sendable {
    var format_version = 1
    var token: String
    /// Base addresses of the Registries.
    var registries: [String]
    /// Names that nodes have already.
    var names: [String]
}

/// Owns the invitations of a process that has a Registry, and gives the token to who was invited.
final class Invitations: Sendable {
    private let token: String
    private let roster: RosterView
    private let clock: MachineClock
    private let logger: Logger
    private let book = Mutex(InvitationBook())

    init(token: String, roster: RosterView, clock: MachineClock, logger: Logger) {
        self.token = token
        self.roster = roster
        self.clock = clock
        self.logger = logger
    }

    /// The one resource that may be asked without the token.
    static func openPath(under registry: NodePath) -> String { "\(registry.text)/join" }

    func addRoutes(to server: NodeServer, under registry: NodePath) {
        server.router.post("\(registry.text)/invitations") { [self] _, _ in
            JSONAnswer(try invite())
        }
        server.router.post("\(Self.openPath(under: registry))") { [self] request, context in
            JSONAnswer(try join(await request.decode(as: JoinRequest.self, context: context)))
        }
    }

    private func invite() throws -> InvitationAnswer {
        var random = SystemRandomNumberGenerator()
        let code = InvitationCode(using: &random)
        let isAdded = book.withLock { $0.add(code.digest, now: clock.monotonicMilliseconds) }
        guard isAdded else {
            throw Refusal.overloaded(
                "There are \(InvitationBook.openMax) invitations that nobody used: wait until they end."
            )
        }
        return InvitationAnswer(code: code.description, minutes: InvitationBook.minutes)
    }

    private func join(_ request: JoinRequest) throws -> JoinAnswer {
        // What is no code at all is as wrong as a wrong one, and counts as one.
        let digest = InvitationCode(request.code)?.digest ?? .zero
        switch book.withLock({ $0.redeem(digest, now: clock.monotonicMilliseconds) }) {
        case .welcome: break
        case .unknown:
            logger.notice("Join refused: no such invitation")
            throw Refusal.refused(
                "No invitation has this code: it was used, is too old, or is mistyped.")
        case .tooManyTries:
            // Not in the log: whoever guesses must not fill it.
            throw Refusal.overloaded(
                "No invitation has this code, and too many wrong ones came: look at it again, and"
                    + " try in a minute.")
        }
        logger.notice("A machine joins")
        let nodes = roster.current?.roster.nodes ?? []
        return JoinAnswer(token: token, registries: roster.registries, names: nodes.map(\.name))
    }
}

extension InvitationCode {
    fileprivate var digest: HoldfastModel.Digest {
        HoldfastModel.Digest(bytes: SHA256.hash(data: octets)) ?? .zero
    }
}
