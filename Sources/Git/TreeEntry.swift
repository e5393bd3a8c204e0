import CLibGit2

/// A name in a tree, and what it stands for.
struct TreeEntry {
    enum Kind { case directory, file, link, submodule }

    let name: String
    let kind: Kind
    let id: Oid
}

extension Repository {
    /// What is larger than this is no commit, tag or tree that an honest repository has.
    private static let largestStructure = 64 << 20

    /// A commit, a tag or a tree, which libgit2 reads as a whole.
    func structure(_ id: Oid, _ kind: git_object_t) throws(GitError) -> GitObject? {
        guard let header = header(of: id) else { return nil }
        guard header.size <= Repository.largestStructure else {
            throw .tooLarge(
                "The object \(id) has \(header.size) bytes, and is neither a file nor a sound tree or commit.")
        }
        return lookUp(id, kind)
    }

    /// The entries of a tree in the order of their names, each name once. `shown` is the tree's own name.
    func entries(of tree: Oid, shown: String) throws(GitError) -> [TreeEntry] {
        guard let object = try structure(tree, GIT_OBJECT_TREE) else {
            throw .hostile("The folder `\(shown)` of the commit cannot be read: \(Library.lastMessage)")
        }
        var entries: [TreeEntry] = []
        let count = git_tree_entrycount(object.handle)
        entries.reserveCapacity(count)
        for index in 0..<count {
            guard let raw = git_tree_entry_byindex(object.handle, index), let text = git_tree_entry_name(raw),
                let id = git_tree_entry_id(raw)
            else { continue }
            let name = String(cString: text)
            guard !name.isEmpty, name != ".", name != "..", !name.contains("/"),
                !name.unicodeScalars.contains(where: isControl)
            else {
                throw .hostile(
                    "The folder `\(shown)` has an entry `\(name)`, which is the name of no file. git itself does not make such "
                        + "entries.")
            }
            guard let kind = TreeEntry.Kind(mode: git_tree_entry_filemode_raw(raw).rawValue) else {
                throw .hostile("`\(join(shown, name))` is neither a file, a folder, a link nor a submodule.")
            }
            entries.append(TreeEntry(name: name, kind: kind, id: Oid(id.pointee)))
        }
        entries.sort { $0.name < $1.name }
        for (one, next) in zip(entries, entries.dropFirst()) where one.name == next.name {
            throw .hostile(
                "The folder `\(shown)` has two entries `\(one.name)`. git itself does not make such folders.")
        }
        return entries
    }
}

extension TreeEntry.Kind {
    fileprivate init?(mode: UInt32) {
        switch mode & 0o170000 {
        case 0o040000: self = .directory
        case 0o100000: self = .file
        case 0o120000: self = .link
        case 0o160000: self = .submodule
        default: return nil
        }
    }
}

func join(_ folder: String, _ name: String) -> String { folder.isEmpty ? name : "\(folder)/\(name)" }
