// SPDX-License-Identifier: Apache-2.0
// `search --explain`: how a query is understood, for a person.

internal import HoldfastNode

struct ExplainText {
    private let answer: ExplainAnswer

    init(_ answer: ExplainAnswer) {
        self.answer = answer
    }

    var text: String {
        var lines = ["The query means:"] + answer.tree.map { "  " + $0 } + ["", answer.index]
        for statement in answer.statements {
            lines += ["", statement.sql]
            lines += statement.values.enumerated().map { "  value \($0 + 1): \($1)" }
            lines += statement.plan.map { "  plan: \($0)" }
        }
        return lines.joined(separator: "\n") + "\n"
    }
}
