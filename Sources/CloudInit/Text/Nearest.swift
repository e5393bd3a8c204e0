import Model

/// What somebody who wrote `word` most likely meant, as ` Did you mean …?`; empty where nothing is near.
func didYouMean<Words: Sequence<String>>(_ word: String, in candidates: Words, prefix: String = "") -> String {
    nearest(to: word, in: candidates).map { " Did you mean `\(prefix)\($0)`?" } ?? ""
}
