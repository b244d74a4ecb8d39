// SPDX-License-Identifier: Apache-2.0
// What the program needs to know of any component.

package import Logging
package import ServiceLifecycle

/// A node of some role: its routes, its line in the roster, its worker.
///
/// The program makes it, lets it add its routes, runs it, and closes it when the server has ended.
package protocol Component: Service {
    var path: NodePath { get }
    func addRoutes(to server: NodeServer)
    /// The node as it is now.
    ///
    /// - Parameter address: its base address, `http://host:port/{role}/{name}`.
    func registration(address: String) async -> Registration
    /// The worker; returns when it was told to shut down.
    func run() async throws
    /// Lets go of what it owns, in good order, when nobody calls it any more.
    func close() async
    /// Its figures, in Prometheus' form.
    func metrics() async -> [Metric]
    /// Lets go of memory that only makes it faster; called every few seconds.
    func giveMemoryBack() async
}

extension Component {
    package func giveMemoryBack() async {}
}

/// One figure of a node, as `GET /metrics` prints it.
package struct Metric: Hashable, Sendable {
    package enum Kind: String, Sendable { case counter, gauge }

    /// With its unit last: `holdfast_queue_items`.
    package var name: String
    package var kind: Kind
    package var help: String
    package var labels: [String: String]
    package var value: Double

    package init(
        _ name: String, _ kind: Kind, _ help: String, labels: [String: String] = [:], value: Double
    ) {
        self.name = name
        self.kind = kind
        self.help = help
        self.labels = labels
        self.value = value
    }
}

/// What every component of a process is given.
package struct Surroundings: Sendable {
    package var machine: Machine
    package var client: NodeClient
    /// Who lives, as this process last heard.
    package var roster: RosterView
    package var logger: Logger

    package init(machine: Machine, client: NodeClient, roster: RosterView, logger: Logger) {
        self.machine = machine
        self.client = client
        self.roster = roster
        self.logger = logger
    }

    /// As above, on this machine.
    package init(clock: MachineClock, client: NodeClient, roster: RosterView, logger: Logger) {
        self.init(machine: Machine(clock: clock), client: client, roster: roster, logger: logger)
    }

    package var clock: MachineClock { machine.clock }
}
