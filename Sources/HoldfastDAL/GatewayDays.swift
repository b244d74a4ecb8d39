// SPDX-License-Identifier: Apache-2.0
// Which gateways there were on which days: without the books of one a day cannot be balanced.

internal import HoldfastCatalog
internal import HoldfastModel
internal import HoldfastNode
internal import Synchronization

/// The first and the last day on which each gateway was seen. It lies among the marks of the catalog.
struct GatewayDays: Hashable, Sendable {
    private static let (since, until) = ("gateway since ", "gateway until ")
    /// More of them are not noted.
    private static let gatewaysMax = 1000

    private var days: [String: ClosedRange<Day>] = [:]

    /// - Parameter marks: all that the catalog has; others than these are passed over.
    init(marks: [String: Int64] = [:]) {
        for (mark, first) in marks where mark.hasPrefix(Self.since) {
            let name = String(mark.dropFirst(Self.since.count))
            guard let last = marks[Self.until + name], first <= last else { continue }
            days[name] = Day(number: Int32(clamping: first))...Day(number: Int32(clamping: last))
        }
    }

    /// What is to be noted when these live today: nothing, but for once a day.
    func news(_ names: [String], today: Day) -> GatewayDays {
        var news = GatewayDays()
        for name in names where days[name] != nil || days.count < Self.gatewaysMax {
            let known = days[name] ?? today...today
            let seen = min(known.lowerBound, today)...max(known.upperBound, today)
            if seen != days[name] { news.days[name] = seen }
        }
        return news
    }

    mutating func take(_ news: GatewayDays) {
        days.merge(news.days) { $1 }
    }

    var isEmpty: Bool { days.isEmpty }

    /// As the catalog keeps it.
    var marks: [String: Int64] {
        var marks: [String: Int64] = [:]
        for (name, seen) in days {
            marks[Self.since + name] = Int64(seen.lowerBound.number)
            marks[Self.until + name] = Int64(seen.upperBound.number)
        }
        return marks
    }

    /// Those that were seen before the day had ended and after it had begun, by name.
    func names(on day: Day) -> [String] {
        days.filter { $0.value.contains(day) }.keys.sorted()
    }
}

extension DALComponent {
    /// Notes which gateways live today.
    func noteGateways() async throws {
        let names = surroundings.roster.current?.roster.nodes(of: .gateway).map(\.name) ?? []
        let today = surroundings.clock.now.day
        let news = gatewayDays.withLock { $0.news(names, today: today) }
        guard !news.isEmpty else { return }
        try await queues.writer.run { [catalog] in try catalog.set(news.marks) }
        gatewayDays.withLock { $0.take(news) }
    }
}
