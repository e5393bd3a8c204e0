import CLibGit2

/// A repository that is open, with its database of objects. It stays on the thread that opened it.
struct Repository: ~Copyable {
    let handle: OpaquePointer
    private let database: OpaquePointer

    private init(handle: OpaquePointer) throws(GitError) {
        var database: OpaquePointer?
        let code = git_repository_odb(&database, handle)
        guard code == 0, let database else {
            let message = Library.lastMessage
            git_repository_free(handle)
            throw .failed("The objects of the repository cannot be read: \(message)")
        }
        (self.handle, self.database) = (handle, database)
    }

    deinit {
        git_odb_free(database)
        git_repository_free(handle)
    }

    /// A bare one, without a look at its owner: the caller has looked at the folder's.
    static func openBare(_ path: String) throws(GitError) -> Repository {
        Library.start()
        var handle: OpaquePointer?
        try Library.check(git_repository_open_bare(&handle, path), "\(path) cannot be opened as a git repository")
        return try Repository(opened: handle)
    }

    /// The one at a path, not one above it, whoever owns it.
    static func openLocal(_ path: String) throws(GitError) -> Repository {
        Library.start()
        return try Library.withoutOwnerCheck { () throws(GitError) in
            var handle: OpaquePointer?
            let code = git_repository_open_ext(&handle, path, GIT_REPOSITORY_OPEN_NO_SEARCH.rawValue, nil)
            if code == GIT_ENOTFOUND.rawValue { throw .missing("`\(path)` is not a git repository.") }
            try Library.check(code, "\(path) cannot be opened as a git repository")
            return try Repository(opened: handle)
        }
    }

    /// The one that a directory lies in; nil where it lies in none.
    static func openAbove(_ directory: String) -> Repository? {
        Library.start()
        return try? Library.withoutOwnerCheck { () throws(GitError) in
            var handle: OpaquePointer?
            try Library.check(git_repository_open_ext(&handle, directory, 0, nil), directory)
            return try Repository(opened: handle)
        }
    }

    static func createBare(_ path: String) throws(GitError) -> Repository {
        Library.start()
        var handle: OpaquePointer?
        try Library.check(git_repository_init(&handle, path, 1), "\(path) cannot be made")
        return try Repository(opened: handle)
    }

    private init(opened handle: OpaquePointer?) throws(GitError) {
        guard let handle else { throw .failed("libgit2 gave no repository.") }
        try self.init(handle: handle)
    }

    func contains(_ id: Oid) -> Bool {
        var raw = id.raw
        return git_odb_exists(database, &raw) == 1
    }

    /// What an object is and how many bytes it has, without reading it; nil where it is not there.
    func header(of id: Oid) -> (kind: git_object_t, size: Int)? {
        var raw = id.raw
        var (size, kind) = (0, GIT_OBJECT_INVALID)
        guard git_odb_read_header(&size, &kind, database, &raw) == 0 else { return nil }
        return (kind, size)
    }

    func bytes(of id: Oid) throws(GitError) -> [UInt8] {
        var raw = id.raw
        var object: OpaquePointer?
        try Library.check(git_odb_read(&object, database, &raw), "The object \(id) cannot be read")
        defer { git_odb_object_free(object) }
        guard let data = git_odb_object_data(object) else { return [] }
        return [UInt8](UnsafeRawBufferPointer(start: data, count: git_odb_object_size(object)))
    }

    /// The only object that begins with so many hexadecimal digits.
    func object(beginning digits: String) throws(GitError) -> Oid? {
        var (short, full) = (git_oid(), git_oid())
        guard git_oid_fromstrn(&short, digits, digits.utf8.count) == 0 else { return nil }
        switch git_odb_exists_prefix(&full, database, &short, digits.utf8.count) {
        case 0: return Oid(full)
        case GIT_EAMBIGUOUS.rawValue:
            throw GitError(
                .ambiguous, "The git ref means more than one thing",
                "More than one object begins with `\(digits)`. Give more digits of the commit.")
        default: return nil
        }
    }

    /// The object of a name that somebody has given; nil where it is not of the kind, or not there.
    func lookUp(_ id: Oid, _ kind: git_object_t) -> GitObject? {
        var raw = id.raw
        var object: OpaquePointer?
        guard git_object_lookup(&object, handle, &raw, kind) == 0, let object else { return nil }
        return GitObject(handle: object)
    }

    /// Whether history ends somewhere because no more of it was fetched.
    /// Where it is on this machine.
    var path: String { git_repository_path(handle).map { String(cString: $0) } ?? "." }

    var isShallow: Bool { git_repository_is_shallow(handle) == 1 }

    /// Whether one commit is, or descends from, another. Both must be here.
    func isReachable(_ ancestor: Oid, from commit: Oid) throws(GitError) -> Bool {
        if ancestor == commit { return true }
        var (one, other) = (commit.raw, ancestor.raw)
        let answer = git_graph_descendant_of(handle, &one, &other)
        try Library.check(answer, "The history of \(commit) cannot be followed")
        return answer == 1
    }
}

/// An object that libgit2 has parsed. It goes before its repository.
struct GitObject: ~Copyable {
    let handle: OpaquePointer

    deinit { git_object_free(handle) }

    var id: Oid? { git_object_id(handle).map { Oid($0.pointee) } }
    var kind: git_object_t { git_object_type(handle) }
}
