import CLibGit2

/// A connection to a remote.
struct Exchange: ~Copyable {
    private let handle: OpaquePointer
    private let conversation: Conversation

    /// The repository receives what is fetched. Nothing of the remote is written into its configuration.
    init(_ repository: borrowing Repository, _ conversation: Conversation) throws(GitError) {
        var options = git_remote_create_options()
        git_remote_create_options_init(&options, UInt32(GIT_REMOTE_CREATE_OPTIONS_VERSION))
        options.repository = repository.handle
        // What a user's configuration puts in place of a URL was not asked for here, and would get the credentials.
        options.flags =
            GIT_REMOTE_CREATE_SKIP_INSTEADOF.rawValue | GIT_REMOTE_CREATE_SKIP_DEFAULT_FETCHSPEC.rawValue
        var handle: OpaquePointer?
        let url = conversation.remote.url
        let code = git_remote_create_with_opts(&handle, url, &options)
        guard code == 0, let handle else { throw .invalid("\(url): \(Library.lastMessage)") }
        (self.handle, self.conversation) = (handle, conversation)
    }

    deinit {
        git_remote_disconnect(handle)
        git_remote_free(handle)
    }

    /// Connects, and tells what the remote has.
    func references() throws(GitError) -> RefList {
        var options = git_remote_connect_options()
        git_remote_connect_options_init(&options, UInt32(GIT_REMOTE_CONNECT_OPTIONS_VERSION))
        conversation.attach(to: &options.callbacks)
        options.proxy_opts.type = GIT_PROXY_AUTO
        options.follow_redirects = GIT_REMOTE_REDIRECT_NONE
        var (code, offers) = (Int32(-1), -1)
        // Where nothing was offered, it is not an offer that broke the connection, and no other one would do better.
        while code < 0, offers < 0 || conversation.hasMoreToOffer && conversation.offers > offers {
            offers = conversation.offers
            code = git_remote_connect_ext(handle, GIT_DIRECTION_FETCH, &options)
        }
        guard code == 0 else { throw conversation.failure(code) }
        var heads: UnsafeMutablePointer<UnsafePointer<git_remote_head>?>?
        var count = 0
        let listed = git_remote_ls(&heads, &count, handle)
        guard listed == 0 else { throw conversation.failure(listed) }
        var list = RefList()
        for head in UnsafeBufferPointer(start: heads, count: count) {
            guard let head = head?.pointee, let text = head.name else { continue }
            let (name, id) = (String(cString: text), Oid(head.oid))
            if name == "HEAD" {
                list.head = id
                list.headName = head.symref_target.map { String(cString: $0) }
            } else {
                list.refs[name] = id
            }
        }
        return list
    }

    /// Brings what the refspecs name, with `depth` commits of history, and makes no references.
    func download(_ refspecs: [String], depth: Int) throws(GitError) {
        var options = git_fetch_options()
        git_fetch_options_init(&options, UInt32(GIT_FETCH_OPTIONS_VERSION))
        conversation.attach(to: &options.callbacks)
        options.proxy_opts.type = GIT_PROXY_AUTO
        options.follow_redirects = GIT_REMOTE_REDIRECT_NONE
        options.download_tags = GIT_REMOTE_DOWNLOAD_TAGS_NONE
        options.prune = GIT_FETCH_NO_PRUNE
        options.update_fetchhead = 0
        rigaud_git_set_depth(&options, Int32(clamping: depth))
        let code = withStrings(refspecs) { strings in git_remote_download(handle, &strings, &options) }
        guard code == 0 else { throw conversation.failure(code) }
    }
}

/// Strings as libgit2 takes them, for the time of a call.
func withStrings<Result>(_ strings: [String], _ body: (inout git_strarray) -> Result) -> Result {
    let sizes = strings.map { $0.utf8.count + 1 }
    return withUnsafeTemporaryAllocation(of: CChar.self, capacity: max(1, sizes.reduce(0, +))) { bytes in
        var pointers: [UnsafeMutablePointer<CChar>?] = []
        var next = 0
        for string in strings {
            pointers.append(bytes.baseAddress.map { $0 + next })
            for byte in string.utf8 {
                bytes.initializeElement(at: next, to: CChar(bitPattern: byte))
                next += 1
            }
            bytes.initializeElement(at: next, to: 0)
            next += 1
        }
        return pointers.withUnsafeMutableBufferPointer { buffer in
            var array = git_strarray(strings: buffer.baseAddress, count: buffer.count)
            return body(&array)
        }
    }
}
