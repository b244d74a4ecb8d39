// SPDX-License-Identifier: Apache-2.0
// Figures in the text form that Prometheus reads.

internal import HoldfastNode

/// `# HELP`, `# TYPE` and a line for each value, figures of one name together.
enum MetricsText {
    static let contentType = "text/plain; version=0.0.4; charset=utf-8"

    static func text(of metrics: [Metric]) -> String {
        let byName = Dictionary(grouping: metrics, by: \.name)
        return byName.keys.sorted().map { name in
            let family = byName[name] ?? []
            guard let first = family.first else { return "" }
            let head = "# HELP \(name) \(first.help)\n# TYPE \(name) \(first.kind.rawValue)\n"
            return head + family.map(line).sorted().joined()
        }.joined()
    }

    private static func line(_ metric: Metric) -> String {
        let labels = metric.labels.sorted { $0.key < $1.key }
            .map { "\($0.key)=\"\(escaped($0.value))\"" }.joined(separator: ",")
        return metric.name + (labels.isEmpty ? "" : "{\(labels)}") + " \(number(metric.value))\n"
    }

    private static func escaped(_ value: String) -> String {
        value.replacing("\\", with: "\\\\").replacing("\"", with: "\\\"")
            .replacing("\n", with: "\\n")
    }

    /// Whole numbers without a point.
    private static func number(_ value: Double) -> String {
        Int64(exactly: value).map(String.init) ?? String(value)
    }
}
