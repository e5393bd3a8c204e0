/// The word of `candidates` that somebody who wrote `word` most likely meant, as ` Did you mean …?`; empty where none is near.
func didYouMean<Words: Sequence<String>>(_ word: String, in candidates: Words, prefix: String = "") -> String {
    let wanted = Array(word.lowercased().utf8)
    guard wanted.count <= 64 else { return "" }
    var best: (distance: Int, word: String)?
    for candidate in candidates {
        let letters = Array(candidate.lowercased().utf8)
        let limit = max(1, max(wanted.count, letters.count) / 3)
        guard abs(letters.count - wanted.count) <= limit else { continue }
        let distance = editDistance(wanted, letters)
        guard distance <= limit else { continue }
        if let current = best, (current.distance, current.word) <= (distance, candidate) { continue }
        best = (distance, candidate)
    }
    return best.map { " Did you mean `\(prefix)\($0.word)`?" } ?? ""
}

/// Letters to change, add, take away or swap with a neighbour (Damerau and Levenshtein, restricted).
private func editDistance(_ left: [UInt8], _ right: [UInt8]) -> Int {
    var older: [Int] = []
    var previous = Array(0...right.count)
    for row in left.indices {
        var current = [row + 1]
        for column in right.indices {
            let substitution = previous[column] + (left[row] == right[column] ? 0 : 1)
            var cost = min(substitution, previous[column + 1] + 1, current[column] + 1)
            if row > 0, column > 0, left[row] == right[column - 1], left[row - 1] == right[column] {
                cost = min(cost, older[column - 1] + 1)
            }
            current.append(cost)
        }
        (older, previous) = (previous, current)
    }
    return previous[right.count]
}
