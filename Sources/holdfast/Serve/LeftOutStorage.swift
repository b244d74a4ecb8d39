// SPDX-License-Identifier: Apache-2.0
// The place of a storage that could not be opened.

internal import HTTPTypes
internal import HoldfastModel
internal import HoldfastNode
internal import Hummingbird
internal import ServiceLifecycle

/// Stands in the roster for a storage whose folder or disk is missing or unreadable, takes nothing,
/// and says why, so that `status` shows what is wrong while the rest works.
struct LeftOutStorage: Component {
    let path: NodePath
    let reason: String

    init(name: String, reason: String) {
        path = NodePath(role: .storage, name: name)
        self.reason = reason
    }

    private var notice: String { "left out: \(reason)" }

    func addRoutes(to server: NodeServer) {
        let queues = Empty(notice: notice)
        server.offer(queues, at: path)
        server.take(into: queues, at: path)
        for resource in ["records/:segment/:offset", "expiry"] {
            server.router.get("\(path.text)/\(resource)") { _, _ -> String in
                throw Refusal.unavailable(notice)
            }
        }
        server.router.post("\(path.text)/expiry") { _, _ -> String in
            throw Refusal.unavailable(notice)
        }
        server.router.get("\(path.text)/status") { _, _ in
            JSONAnswer(
                StatusAnswer(name: path.name, role: "storage", writable: false, notice: notice))
        }
    }

    func registration(address: String) async -> Registration {
        Registration(
            name: path.name, role: .storage, address: address, writable: false, notice: notice,
            clock: MachineClock().now.milliseconds)
    }

    func run() async throws {
        // Being told to stop is all that is waited for.
        try? await gracefulShutdown()
    }

    func close() async {}

    func metrics() async -> [Metric] {
        [
            Metric(
                "holdfast_storage_left_out", .gauge, "Storages that could not be opened.",
                labels: ["node": path.name], value: 1)
        ]
    }

    /// Queues that never have anything, and take nothing.
    private struct Empty: QueueSource, QueueTarget {
        let notice: String

        func lease(from queue: String, _ request: LeaseRequest) async throws -> Leased? {
            // A helper asks again at once: it waits as it would for an empty queue.
            try? await Task.sleep(for: .seconds(request.waitSeconds))
            return nil
        }

        func settle(_ queue: String, _ results: [ItemResult], position: Position?) async throws {}

        func retry(_ queue: String, mails: [MailID]?) async throws -> Int {
            throw Refusal.unavailable(notice)
        }

        func take(
            into queue: String, _ records: [Record], from node: NodeID?
        ) async throws -> Receipt {
            throw Refusal.unavailable(notice)
        }
    }
}
