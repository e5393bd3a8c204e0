import Git
import TestSupport

/// What an address leads to; the cache lies in the scratch folder.
func open(
    _ text: String, _ scratch: ScratchDirectory, credentials: GitCredentials = GitCredentials(),
    policy: GitPolicy = GitPolicy(), limits: GitLimits = GitLimits()
) async throws -> GitSnapshot {
    var cache = GitCache(directory: scratch.path("cache"))
    cache.limits = limits
    cache.timeLimit = .hang
    return try await cache.open(try address(text), credentials: credentials, policy: policy)
}

func address(_ text: String) throws -> GitAddress {
    guard let address = try GitAddress(text) else { throw SystemFailure(because: "\(text) is no git address.") }
    return address
}

/// The error that reading a source ends with.
func problem(
    _ text: String, _ scratch: ScratchDirectory, credentials: GitCredentials = GitCredentials(),
    policy: GitPolicy = GitPolicy(), limits: GitLimits = GitLimits()
) async throws -> GitError? {
    do {
        _ = try await open(text, scratch, credentials: credentials, policy: policy, limits: limits)
        return nil
    } catch let error as GitError {
        return error
    }
}

extension GitSnapshot {
    var names: [String] { files.map(\.name) }
    func text(_ name: String) -> String? {
        files.first { $0.name == name }.map { String(decoding: $0.bytes, as: UTF8.self) }
    }
}
