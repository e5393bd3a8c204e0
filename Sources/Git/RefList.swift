import CLibGit2

/// What a repository has: its branches, its tags, its default.
struct RefList {
    /// By their whole names. A remote adds `refs/tags/v1^{}` for what an annotated tag leads to.
    var refs: [String: Oid] = [:]
    var head: Oid?
    /// The branch that HEAD stands for, where that is known.
    var headName: String?

    enum Match {
        case reference(String, Oid)
        /// Hexadecimal digits of an object that no reference has to lead to.
        case commit(String)
    }

    func match(_ ref: GitRef, in remote: GitRemote) throws(GitError) -> Match {
        switch ref {
        case .head:
            guard let head else {
                throw .missing("\(remote) has no default branch, or is empty. Say which branch with `?ref=`.")
            }
            return .reference(headName ?? "HEAD", head)
        case .named(let name):
            if let found = try named(name) { return found }
            throw .missing("\(remote) has no branch and no tag `\(name)`. \(offers)")
        case .commit(let digits):
            if digits.utf8.count < 40, let found = try named(digits) { return found }
            return .commit(digits.lowercased())
        case .versions(let text): return try highest(of: text, in: remote)
        }
    }

    /// The object of a branch, by its short name or its whole one.
    func branch(_ name: String) -> (name: String, id: Oid)? {
        let whole = name.hasPrefix("refs/") ? name : "refs/heads/\(name)"
        return refs[whole].map { (whole, $0) }
    }

    private func named(_ name: String) throws(GitError) -> Match? {
        let isWhole = name.hasPrefix("refs/")
        let candidates = isWhole ? [name] : ["refs/tags/\(name)", "refs/heads/\(name)", "refs/\(name)"]
        let found = candidates.filter { refs[$0] != nil }
        guard let first = found.first, let id = refs[first] else { return nil }
        guard Set(found.map { refs["\($0)^{}"] ?? refs[$0] }).count == 1 else {
            throw GitError(
                .ambiguous, "The git ref means more than one thing",
                "`\(name)` is \(found.joined(separator: " and ")), which are different commits. Give the whole name.")
        }
        return .reference(first, id)
    }

    private func highest(of text: String, in remote: GitRemote) throws(GitError) -> Match {
        guard let range = VersionRange(text) else { throw .invalid("`\(text)` is not a range of versions.") }
        let versions = refs.keys.compactMap { name -> (version: SemanticVersion, name: String)? in
            guard name.hasPrefix("refs/tags/"), !name.hasSuffix("^{}"),
                let version = SemanticVersion(tag: name.dropFirst(10))
            else {
                return nil
            }
            return (version, name)
        }.sorted { ($0.version, $0.name) < ($1.version, $1.name) }
        if let best = versions.last(where: { range.contains($0.version) }), let id = refs[best.name] {
            return .reference(best.name, id)
        }
        let newest = versions.suffix(3).reversed().map { String($0.name.dropFirst(10)) }
        throw .missing(
            "\(remote) has no tag that `\(text)` allows. "
                + (newest.isEmpty
                    ? "It has no tags of the form v1.2.3." : "Its newest are \(newest.joined(separator: ", "))."))
    }

    /// What there is instead, shortly.
    private var offers: String {
        let branches = refs.keys.filter { $0.hasPrefix("refs/heads/") }.map { String($0.dropFirst(11)) }.sorted()
        let tags = refs.keys.filter { $0.hasPrefix("refs/tags/") && !$0.hasSuffix("^{}") }.count
        let shown = branches.prefix(5).joined(separator: ", ") + (branches.count > 5 ? ", and others" : "")
        return branches.isEmpty
            ? "It has no branches, and \(tags) tags." : "Its branches are \(shown); it has \(tags) tags."
    }
}

extension Repository {
    /// The references that lie in the repository itself.
    var references: RefList {
        get throws(GitError) {
            var list = RefList()
            var iterator: OpaquePointer?
            try Library.check(git_reference_iterator_new(&iterator, handle), "The branches and tags cannot be read")
            defer { git_reference_iterator_free(iterator) }
            var reference: OpaquePointer?
            while git_reference_next(&reference, iterator) == 0 {
                defer { git_reference_free(reference) }
                guard let target = git_reference_target(reference), let name = git_reference_name(reference) else {
                    continue
                }
                list.refs[String(cString: name)] = Oid(target.pointee)
            }
            var head: OpaquePointer?
            if git_repository_head(&head, handle) == 0, let target = git_reference_target(head) {
                defer { git_reference_free(head) }
                list.head = Oid(target.pointee)
                let name = git_reference_name(head).map { String(cString: $0) }
                list.headName = name == "HEAD" ? nil : name
            }
            return list
        }
    }
}
