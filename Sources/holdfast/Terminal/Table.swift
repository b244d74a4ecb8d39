// SPDX-License-Identifier: Apache-2.0
// Rows in columns, for people.

/// A table whose columns are as wide as their widest cell.
struct Table {
    struct Column {
        var title: String
        var isNumber = false

        init(_ title: String, isNumber: Bool = false) {
            self.title = title
            self.isNumber = isNumber
        }
    }

    private let columns: [Column]
    private var rows: [[String]] = []

    init(_ columns: [Column]) {
        self.columns = columns
    }

    mutating func add(_ cells: [String]) {
        precondition(cells.count == columns.count, "a row has a cell for each column")
        rows.append(cells.map(Terminal.tidied))
    }

    var isEmpty: Bool { rows.isEmpty }

    /// A line of titles, then the rows; each line ends with a line feed.
    var text: String {
        let lines = [columns.map(\.title)] + rows
        let widths = columns.indices.map { place in lines.map { $0[place].displayWidth }.max() ?? 0
        }
        return lines.map { cells in
            let padded = columns.indices.map { place in
                columns[place].isNumber
                    ? cells[place].fittedRight(to: widths[place])
                    : cells[place].fitted(to: widths[place])
            }
            return padded.joined(separator: "  ").trimmedRight + "\n"
        }.joined()
    }
}

extension String {
    /// Without the blanks at its end.
    var trimmedRight: String {
        var text = self[...]
        while text.last == " " { text.removeLast() }
        return String(text)
    }
}
