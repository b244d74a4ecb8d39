// SPDX-License-Identifier: Apache-2.0
// What a gateway counts.

internal import HoldfastNode
internal import Synchronization

/// Counts for `GET /metrics`.
final class Tally: Sendable {
    private struct Counts {
        var mails = 0
        var bytes = 0
        var refusals: [String: Int] = [:]
        var releases: [String: Int] = [:]
    }

    private let counts = Mutex(Counts())

    func countMail(bytes: Int) {
        counts.withLock { counts in
            counts.mails += 1
            counts.bytes += bytes
        }
    }

    /// - Parameter reason: one of a few words, as a label has them.
    func countRefusal(_ reason: String) {
        counts.withLock { $0.refusals[reason, default: 0] += 1 }
    }

    func countRelease(_ outcome: String) {
        counts.withLock { $0.releases[outcome, default: 0] += 1 }
    }

    func metrics(of name: String) -> [Metric] {
        let counts = counts.withLock { $0 }
        let node = ["node": name]
        var metrics = [
            Metric(
                "holdfast_gateway_mails_total", .counter, "Mails taken in.", labels: node,
                value: Double(counts.mails)),
            Metric(
                "holdfast_gateway_message_bytes_total", .counter, "Octets of mails taken in.",
                labels: node, value: Double(counts.bytes)),
        ]
        metrics += counts.refusals.sorted { $0.key < $1.key }.map { reason, count in
            Metric(
                "holdfast_gateway_refused_total", .counter, "Mails and clients refused.",
                labels: ["node": name, "reason": reason], value: Double(count))
        }
        metrics += counts.releases.sorted { $0.key < $1.key }.map { outcome, count in
            Metric(
                "holdfast_gateway_released_total", .counter, "Recipients of releases.",
                labels: ["node": name, "outcome": outcome], value: Double(count))
        }
        return metrics
    }
}
