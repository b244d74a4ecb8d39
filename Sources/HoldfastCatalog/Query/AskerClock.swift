// SPDX-License-Identifier: Apache-2.0
// How far the clock on the asker's wall is from UTC, now and at other times of the year.

package import HoldfastModel

/// The offsets of one place on earth: what a time zone is, without the database of all of them.
///
/// A date in July is meant by July's clock, also when somebody asks in November.
package struct AskerClock: Hashable, Sendable {
    /// From a moment on the clock is so many seconds ahead of UTC.
    package struct Change: Hashable, Sendable {
        package var since: Timestamp
        package var offset: Int

        package init(since: Timestamp, offset: Int) {
            self.since = since
            self.offset = offset
        }
    }

    private let first: Int64
    /// In the order of time.
    private let changes: [Change]

    /// The farthest that clocks on earth differ from UTC is below this.
    private static let offsetMax = 86_400
    /// A hundred years of summer time.
    package static let changesMax = 200

    /// - Parameter offset: seconds east of UTC, before the first of the changes.
    package init(offset: Int, changes: [Change] = []) {
        first = Self.bounded(offset)
        self.changes = changes.prefix(Self.changesMax).sorted { $0.since < $1.since }
    }

    package static let utc = AskerClock(offset: 0)

    func offset(at moment: Timestamp) -> Int64 {
        let change = changes.last { $0.since <= moment }
        return change.map { Self.bounded($0.offset) } ?? first
    }

    /// The moment at which the clock shows `local`, which is written as if it were UTC. What the clock
    /// leaves out is as much later; of what it shows twice this is the first.
    func moment(local: Timestamp) -> Timestamp {
        let before = offset(at: local.advanced(bySeconds: -Int64(Self.offsetMax)))
        let after = offset(at: local.advanced(bySeconds: Int64(Self.offsetMax)))
        for offset in [before, after] {
            let moment = local.advanced(bySeconds: -offset)
            if self.offset(at: moment) == offset { return moment }
        }
        return local.advanced(bySeconds: -before)
    }

    private static func bounded(_ offset: Int) -> Int64 {
        Int64(max(-offsetMax, min(offsetMax, offset)))
    }
}

// As it travels: `3600` or `3600,7200@1774746000,3600@1792890000`, moments in seconds since 1970.
extension AskerClock {
    package init?(_ text: String) {
        let parts = text.split(separator: ",", omittingEmptySubsequences: false)
        guard let offset = parts.first.flatMap({ Int($0) }), parts.count <= Self.changesMax + 1
        else {
            return nil
        }
        var changes: [Change] = []
        for part in parts.dropFirst() {
            let halves = part.split(separator: "@", omittingEmptySubsequences: false)
            guard halves.count == 2, let offset = Int(halves[0]), let since = Int32(halves[1])
            else {
                return nil
            }
            let moment = Timestamp(milliseconds: Int64(since) * 1000)
            changes.append(Change(since: moment, offset: offset))
        }
        let allowed = -Self.offsetMax...Self.offsetMax
        guard ([offset] + changes.map(\.offset)).allSatisfy(allowed.contains) else { return nil }
        self.init(offset: offset, changes: changes)
    }

    package var text: String {
        let rest = changes.map { "\($0.offset)@\($0.since.milliseconds / 1000)" }
        return (["\(first)"] + rest).joined(separator: ",")
    }
}
