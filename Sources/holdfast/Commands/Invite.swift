// SPDX-License-Identifier: Apache-2.0
// `holdfast invite`: a code with which one more machine may join.

internal import ArgumentParser
internal import HoldfastModel
internal import HoldfastNode
internal import NIOHTTP1

struct Invite: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Print a one-time code with which another machine joins.",
        discussion: """
            Example: holdfast invite

            Prints the command to type on the other machine. The code in it is good for one machine and a \
            quarter of an hour; who has it gets the token of the installation, and with it may do everything. \
            Exit code 5: no Registry answers.
            """,
        helpNames: .long)

    @OptionGroup var config: ConfigOption

    func run() async throws {
        let (registry, answer) = try await Cluster.reach(config) { cluster in
            try await cluster.invite()
        }
        try await Output.standard.write(
            "holdfast init DIR --join '\(registry)#\(answer.code)'\n")
        await Output.say(
            "holdfast: type this on the other machine within \(answer.minutes) minutes; it works once"
        )
        if HostAndPort(ofBase: registry)?.isLoopback ?? false {
            await Output.say(
                "holdfast: this Registry listens on loopback: another machine needs a tunnel to it, or"
                    + " [node] http on an address that it reaches, with insecure_http = true")
        }
    }
}

extension Cluster {
    fileprivate func invite() async throws -> (registry: String, InvitationAnswer) {
        var last: any Error = Failure(.unreachable, "no Registry is alive")
        for registry in view.registries {
            do {
                return (
                    registry,
                    try await client.json(
                        .POST, "\(registry)/invitations", as: InvitationAnswer.self)
                )
            } catch let error as NodeError where error.isTemporary && error.status != 429 {
                last = error
            }
        }
        throw last
    }
}
