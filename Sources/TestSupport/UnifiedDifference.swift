/// What `diff -u` would print for two texts, with three lines of context.
package func unifiedDifference(from old: String, to new: String, named name: String) -> String {
    let (oldLines, newLines) = (lines(of: old), lines(of: new))
    let edits = edits(from: oldLines, to: newLines)
    let context = 3
    var output = ["--- \(name) (recorded)", "+++ \(name) (now)"]
    var index = 0
    while let change = edits[index...].firstIndex(where: { $0.mark != " " }) {
        let start = max(index, change - context)
        var end = change
        var quiet = 0
        while end < edits.count, quiet <= 2 * context {
            quiet = edits[end].mark == " " ? quiet + 1 : 0
            end += 1
        }
        end -= max(0, quiet - context)
        let hunk = edits[start..<end]
        let oldCount = hunk.count { $0.mark != "+" }
        let newCount = hunk.count { $0.mark != "-" }
        let first = edits[start]
        output.append("@@ -\(first.oldLine),\(oldCount) +\(first.newLine),\(newCount) @@")
        output += hunk.map { "\($0.mark)\($0.text)" }
        index = end
    }
    return output.joined(separator: "\n")
}

/// A line that stays (a space), goes (`-`) or comes (`+`), and where it stands, from 1.
private struct Edit {
    let mark: Character
    let text: String
    let oldLine: Int
    let newLine: Int
}

private func edits(from old: [String], to new: [String]) -> [Edit] {
    let difference = new.difference(from: old)
    let removed = Set(difference.removals.map { if case .remove(let offset, _, _) = $0 { offset } else { -1 } })
    let inserted = Set(difference.insertions.map { if case .insert(let offset, _, _) = $0 { offset } else { -1 } })
    var result: [Edit] = []
    var (left, right) = (0, 0)
    while left < old.count || right < new.count {
        let mark: Character = removed.contains(left) ? "-" : inserted.contains(right) ? "+" : " "
        let text = mark == "+" ? new[right] : old[left]
        result.append(Edit(mark: mark, text: text, oldLine: left + 1, newLine: right + 1))
        if mark != "+" { left += 1 }
        if mark != "-" { right += 1 }
    }
    return result
}

private func lines(of text: String) -> [String] {
    text.split(separator: "\n", omittingEmptySubsequences: false).map(String.init)
}
