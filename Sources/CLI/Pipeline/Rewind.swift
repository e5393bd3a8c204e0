import Git
import Model

extension Workspace {
    /// Refuses a commit that does not descend from the one that was applied last: an older one, or one of a history that was
    /// rewritten. Only what a commit was read for can be said of; what lies in a directory is recorded and goes through.
    /// - Parameters:
    ///   - snapshot: The commit that is to be applied, if it has been read already.
    ///   - named: What the command line named, where that is not the source.
    func checkRewind(
        to snapshot: GitSnapshot?, from applied: String?, isAllowed: Bool, named: String? = nil
    ) async throws(Failure) {
        guard let git else { return }
        let isRewindChecked = !isAllowed && applied != nil && applied != (snapshot?.commit ?? git.address.ref.text)
        guard isRewindChecked || (snapshot == nil && git.policy.isRestricted) else { return }
        var target = snapshot
        if target == nil { target = try await git.read(interrupt) }
        guard isRewindChecked, let target, let why = await rewind(to: target, from: applied) else { return }
        throw Failure(
            "rewind", "Nothing was done: this would go back", "\(why) If that is what you want, say so.",
            command: command("apply --allow rewind", named: named), .refused)
    }

    /// Why an apply of a commit would go back; nil where it would not.
    func rewind(to target: GitSnapshot, from applied: String?) async -> String? {
        guard let git, let applied, applied != target.commit else { return nil }
        let why: String
        do throws(GitError) {
            switch try await git.cache.descent(of: target, from: applied) {
            case .descends: return nil
            case .diverges:
                why = "does not descend from it: it is older, or of another branch, or history was rewritten"
            case .unknown:
                why = "is of a repository that does not have that commit: it is another one, or history was rewritten"
            }
        } catch {
            why = "cannot be shown to descend from it: \(error.detail)"
        }
        return "The commit \(applied.prefix(12)) was applied last, and \(target.commit.prefix(12)) \(why)."
    }
}

extension Diagnostic {
    /// Of a plan, which goes back only when it is applied.
    static func rewind(_ why: String) -> Diagnostic {
        Diagnostic(
            .warning, "rewind", "An apply of this would go back", "\(why) It is refused without `--allow rewind`.")
    }
}
