import CLibGit2
import Glibc

/// The commit that a local directory is at, for the record; nil outside of a repository, and before its first commit.
///
/// - Returns: the commit, whether anything below the directory differs from it, and the root of the work tree without a slash at its
///   end. New files count, hidden ones do not; of those that git was told to ignore or to take for unchanged, manifests count, since
///   they are read all the same.
package func describeWorkTree(at directory: String) -> (commit: String, isDirty: Bool, root: String)? {
    guard let real = realpath(directory, nil) else { return nil }
    defer { free(real) }
    let path = String(cString: real)
    guard let repository = Repository.openAbove(path), let workTree = git_repository_workdir(repository.handle),
        let realRoot = realpath(workTree, nil)
    else { return nil }
    defer { free(realRoot) }
    let root = String(cString: realRoot)
    var head: OpaquePointer?
    guard git_repository_head(&head, repository.handle) == 0, let target = git_reference_target(head) else {
        return nil
    }
    defer { git_reference_free(head) }
    let commit = "\(Oid(target.pointee))"
    guard path == root || path.hasPrefix(root == "/" ? "/" : "\(root)/") else { return nil }
    let folder = String(path.dropFirst(root.count).drop { $0 == "/" })
    return (commit, repository.isDirty(below: folder), root)
}

extension Repository {
    /// What cannot be told is dirty.
    fileprivate func isDirty(below folder: String) -> Bool {
        var options = git_status_options()
        git_status_options_init(&options, UInt32(GIT_STATUS_OPTIONS_VERSION))
        options.show = GIT_STATUS_SHOW_INDEX_AND_WORKDIR
        options.flags =
            GIT_STATUS_OPT_INCLUDE_UNTRACKED.rawValue | GIT_STATUS_OPT_DISABLE_PATHSPEC_MATCH.rawValue
            | GIT_STATUS_OPT_INCLUDE_IGNORED.rawValue | GIT_STATUS_OPT_RECURSE_IGNORED_DIRS.rawValue
        if isConcealed(below: folder) { return true }
        return withStrings(folder.isEmpty ? [] : [folder]) { paths in
            options.pathspec = paths
            var list: OpaquePointer?
            guard git_status_list_new(&list, handle, &options) == 0 else { return true }
            defer { git_status_list_free(list) }
            for index in 0..<git_status_list_entrycount(list) {
                guard let entry = git_status_byindex(list, index)?.pointee else { continue }
                let delta = (entry.index_to_workdir ?? entry.head_to_index)?.pointee
                guard let name = delta?.new_file.path ?? delta?.old_file.path else { return true }
                // Hidden files are no manifests, and rigaud's own state lies in a hidden folder.
                let below = String(cString: name).dropFirst(folder.isEmpty ? 0 : folder.count + 1)
                if below.split(separator: "/").contains(where: { $0.hasPrefix(".") }) { continue }
                if entry.status == GIT_STATUS_IGNORED, !isManifest(String(below)) { continue }
                return true
            }
            return false
        }
    }

    /// Whether a manifest is other than in the commit and is not to be looked at: marked as assumed unchanged, or as left out of the
    /// work tree.
    private func isConcealed(below folder: String) -> Bool {
        var index: OpaquePointer?
        guard git_repository_index(&index, handle) == 0 else { return true }
        defer { git_index_free(index) }
        let prefix = folder.isEmpty ? "" : "\(folder)/"
        for number in 0..<git_index_entrycount(index) {
            guard let entry = git_index_get_byindex(index, number)?.pointee else { continue }
            let isMarked =
                UInt32(entry.flags) & GIT_INDEX_ENTRY_VALID.rawValue != 0
                || UInt32(entry.flags_extended) & GIT_INDEX_ENTRY_SKIP_WORKTREE.rawValue != 0
            guard isMarked, let path = entry.path.map({ String(cString: $0) }), path.hasPrefix(prefix), isManifest(path)
            else { continue }
            var (found, recorded) = (git_oid(), entry.id)
            let isRead = git_repository_hashfile(&found, handle, path, GIT_OBJECT_BLOB, nil) == 0
            if !isRead || git_oid_equal(&found, &recorded) == 0 { return true }
        }
        return false
    }
}
