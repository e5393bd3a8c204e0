extension SourceFile {
    /// Whether it is JSON that rigaud, or another program, has written about a stack, and no manifest: a report, an event log, a saved plan,
    /// a memory of drifts, a schema. Such files have no say in what the manifests are.
    var isOutput: Bool {
        guard name.hasSuffix(".json") else { return false }
        let head = bytes.prefix(1 << 16)
        func has(_ word: String) -> Bool { head.firstRange(of: Array("\"\(word)\"".utf8)) != nil }
        if bytes.prefix(64).firstRange(of: Array("\"$".utf8)) != nil { return true }
        return !has("apiVersion")
            && ["formatVersion", "run-started", "rigaud-plan", "diagnostics"].contains(where: has)
    }
}
