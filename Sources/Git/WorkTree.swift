import CLibGit2
import Glibc

/// The commit that a local directory is at, for the record; nil outside of a repository, and before its first commit.
///
/// - Returns: the commit, whether anything below the directory differs from it (new files too, ignored and hidden ones not), and
///   the root of the work tree without a slash at its end.
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
                if !below.split(separator: "/").contains(where: { $0.hasPrefix(".") }) { return true }
            }
            return false
        }
    }
}
