/// Columns as wide as their widest cell, two spaces between; the last one is not padded.
func table(_ header: [String], _ rows: [[String]], style: Style) -> [String] {
    var widths = header.map(\.count)
    for row in rows {
        for (index, cell) in row.enumerated() where index < widths.count {
            widths[index] = max(widths[index], cell.count)
        }
    }
    func line(_ cells: [String]) -> String {
        cells.enumerated().map { index, cell in
            index == cells.count - 1 ? cell : cell.padded(to: widths[index] + 2)
        }.joined()
    }
    return [style(line(header), .dim)] + rows.map(line)
}
