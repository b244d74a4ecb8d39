// SPDX-License-Identifier: Apache-2.0
// Values that are compared: times, days, numbers, scores.

internal import HoldfastMIME
internal import HoldfastModel

extension Parser {
    func span(_ text: String, at place: Range<Int>) throws(QueryError) -> Range<Timestamp> {
        guard let span = calendar.span(text) else { throw noDate(text, at: place) }
        return span
    }

    func ago(_ text: String, at place: Range<Int>) throws(QueryError) -> Timestamp {
        guard let moment = calendar.moment(ago: text) else {
            throw QueryError("'\(text)' is no length of time; write 7d, 2w, 3m or 1y", at: place)
        }
        return moment
    }

    private func noDate(_ text: String, at place: Range<Int>) -> QueryError {
        QueryError(
            "'\(text)' is no date; write 2026-01-31, 2026-01, 2026, today, yesterday or 7d",
            at: place)
    }

    func times(
        _ text: String, _ comparison: Comparison, at place: Range<Int>
    ) throws(QueryError) -> TimeRange {
        let named = try spans(text, comparison, at: place) { text throws(QueryError) in
            try span(text, at: place)
        }
        return TimeRange(from: named.from, until: named.until)
    }

    /// The day until which a mail is kept: a length of time counts from today on.
    func days(
        _ text: String, _ comparison: Comparison, at place: Range<Int>
    ) throws(QueryError) -> DayRange {
        let named = try spans(text, comparison, at: place) { text throws(QueryError) in
            guard let days = calendar.days(text, lengthsGoBack: false) else {
                throw noDate(text, at: place)
            }
            return days
        }
        return DayRange(from: named.from, to: named.until.map { $0.advanced(by: -1) })
    }

    /// From the beginning of what is named first until the end of what is named last.
    private func spans<Moment>(
        _ text: String, _ comparison: Comparison, at place: Range<Int>,
        _ span: (String) throws(QueryError) -> Range<Moment>
    ) throws(QueryError) -> (from: Moment?, until: Moment?) {
        if let (first, last) = try ends(of: text, comparison, at: place) {
            var named: (from: Moment?, until: Moment?)
            if let first { named.from = try span(first).lowerBound }
            if let last { named.until = try span(last).upperBound }
            return named
        }
        let named = try span(text)
        switch comparison {
        case .equal: return (named.lowerBound, named.upperBound)
        case .less: return (nil, named.lowerBound)
        case .lessOrEqual: return (nil, named.upperBound)
        case .greater: return (named.upperBound, nil)
        case .greaterOrEqual: return (named.lowerBound, nil)
        }
    }

    func numbers(
        _ text: String, _ comparison: Comparison, at place: Range<Int>
    ) throws(QueryError) -> NumberRange {
        let named = try range(text, comparison, at: place) { text throws(QueryError) in
            guard let number = byteCount(text) else {
                throw QueryError(
                    "'\(text)' is no number; write 1200, 10K, 10M or 2Gi", at: place)
            }
            return Int64(clamping: number)
        }
        // No number is below 0.
        if let to = named.to, to < 0 { return NumberRange(from: 1, to: 0) }
        return NumberRange(
            from: named.from.map(UInt64.init(clamping:)), to: named.to.map(UInt64.init(clamping:)))
    }

    func scores(
        _ text: String, _ comparison: Comparison, at place: Range<Int>
    ) throws(QueryError) -> ScoreRange {
        let named = try range(text, comparison, at: place) { text throws(QueryError) in
            guard let score = Judgement.thousandths(text) else {
                throw QueryError("'\(text)' is no score; write 5, 7.5 or -1", at: place)
            }
            return score
        }
        return ScoreRange(from: named.from, to: named.to)
    }

    private func range(
        _ text: String, _ comparison: Comparison, at place: Range<Int>,
        _ number: (String) throws(QueryError) -> Int64
    ) throws(QueryError) -> (from: Int64?, to: Int64?) {
        if let (first, last) = try ends(of: text, comparison, at: place) {
            var named: (from: Int64?, to: Int64?)
            if let first { named.from = try number(first) }
            if let last { named.to = try number(last) }
            return named
        }
        let named = try number(text)
        switch comparison {
        case .equal: return (named, named)
        case .less: return (nil, named - 1)
        case .lessOrEqual: return (nil, named)
        case .greater: return (named == .max ? named : named + 1, nil)
        case .greaterOrEqual: return (named, nil)
        }
    }

    /// Both ends of `a..b`, of which one may be left out; nil for what is no range.
    private func ends(
        of text: String, _ comparison: Comparison, at place: Range<Int>
    ) throws(QueryError) -> (String?, String?)? {
        guard let dots = text.firstRange(of: "..") else { return nil }
        let first = String(text[..<dots.lowerBound])
        let last = String(text[dots.upperBound...])
        guard comparison == .equal, !first.isEmpty || !last.isEmpty else {
            throw QueryError("A range looks like 'a..b', 'a..' or '..b'", at: place)
        }
        return (first.isEmpty ? nil : first, last.isEmpty ? nil : last)
    }
}
