import CLibGit2

/// What a commit says about itself.
struct CommitFacts {
    let id: Oid
    let tree: Oid
    let author: String
    /// Seconds since 1970 that the committer has written into it.
    let time: Int64
    let subject: String
}

extension Repository {
    /// The commit that an object is, or that a tag leads to.
    func commit(of object: Oid) throws(GitError) -> CommitFacts {
        var id = object
        // Tags of tags are rare; a chain of them is a joke at our cost.
        for _ in 0..<8 {
            guard let found = try structure(id, GIT_OBJECT_ANY) else {
                throw .failed("The object \(id) cannot be read: \(Library.lastMessage)")
            }
            if found.kind == GIT_OBJECT_COMMIT { return try facts(of: found, id) }
            guard found.kind == GIT_OBJECT_TAG, let target = git_tag_target_id(found.handle) else { break }
            id = Oid(target.pointee)
        }
        throw .missing("\(object) leads to no commit.")
    }

    private func facts(of commit: borrowing GitObject, _ id: Oid) throws(GitError) -> CommitFacts {
        guard let tree = git_commit_tree_id(commit.handle), let author = git_commit_author(commit.handle)?.pointee
        else {
            throw .hostile("The commit \(id) has no tree or no author.")
        }
        func text(_ pointer: UnsafePointer<CChar>?) -> String {
            printable(pointer.map { String(cString: $0) } ?? "").split(separator: "\n").first.map(String.init) ?? ""
        }
        let email = text(author.email)
        return CommitFacts(
            id: id, tree: Oid(tree.pointee), author: text(author.name) + (email.isEmpty ? "" : " <\(email)>"),
            time: git_commit_time(commit.handle), subject: text(git_commit_message(commit.handle)))
    }
}
