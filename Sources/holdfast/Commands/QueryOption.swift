// SPDX-License-Identifier: Apache-2.0
// A query on the command line.

internal import ArgumentParser

/// The words of a query, and from where its dates are meant.
struct QueryOption: ParsableArguments {
    @Option(
        parsing: .unconditional,
        help: ArgumentHelp(
            "Seconds east of Greenwich for the dates in the query; else the local time's.",
            valueName: "seconds"))
    var utcOffset: Int?

    @Argument(
        parsing: .allUnrecognized,
        help: ArgumentHelp(
            """
            Words, "phrases", from: to: subject: id: before: after: size: has:attachment, AND, OR, \
            NOT or -, parentheses; '' matches every mail. `holdfast query` says the rest.
            """, valueName: "query"))
    var query: [String] = []

    /// A mistyped option must not become a word that is searched for.
    func validate() throws {
        if let option = query.first(where: { $0.hasPrefix("--") && $0 != "--" }) {
            throw ValidationError("Unknown option '\(option)'")
        }
        if query.isEmpty {
            throw ValidationError("Missing expected argument '<query>'; '' matches every mail")
        }
    }

    var question: Question {
        Question(words: query.filter { $0 != "--" }, utcOffset: utcOffset)
    }
}
