import CLibCurl

/// A body that may come in several goes.
protocol ResumableSink: BodySink {
    /// What is to be asked for, so that what is there already need not come again.
    var condition: Request.Condition { get }
    /// Forgets what has come.
    func startAnew() throws(ImageError)
    /// Whether all has come that the server has said there is.
    var isWhole: Bool { get }
}

/// A download over http: redirections, repetitions, and what an answer means.
struct Download {
    let url: ImageURL
    let credentials: Credentials
    let retries: Int
    let bounds: Bounds
    let settings: FetchSettings

    enum End { case complete, notModified }

    /// A failure, and whether another attempt may go better.
    private struct Trouble {
        let error: ImageError
        var isPassing = false
        /// Seconds that the server wants.
        var pause: Int?
    }

    private enum Attempt {
        case ended(End)
        case useless
        case failed(Trouble)
    }

    func run(into sink: any ResumableSink) throws(ImageError) -> End {
        var repetitions = 0
        while true {
            let condition = sink.condition
            switch try attempt(condition, into: sink) {
            case .ended(let end): return end
            case .useless:
                guard condition != .whole else {
                    throw ImageError(.failed, "\(url.shown) answers with a part that nobody asked for.")
                }
                try sink.startAnew()
            case .failed(let trouble):
                try bounds.check()
                guard trouble.isPassing, repetitions < retries else {
                    throw repetitions == 0 ? trouble.error : trouble.error.after(attempts: repetitions + 1)
                }
                try bounds.sleep(pause(before: repetitions, wanted: trouble.pause))
                repetitions += 1
            }
        }
    }

    private func pause(before repetition: Int, wanted: Int?) -> Duration {
        let own = min(settings.pause * (1 << min(repetition, 10)), settings.longestPause)
        return max(own, .seconds(min(wanted ?? 0, 120)))
    }

    private func attempt(
        _ condition: Request.Condition, into sink: any ResumableSink
    ) throws(ImageError) -> Attempt {
        var request = Request(url: url, credentials: credentials, condition: condition)
        for _ in 0...max(0, settings.redirections) {
            switch try Exchange.run(request, into: sink, bounds, settings) {
            case .complete:
                return sink.isWhole
                    ? .ended(.complete)
                    : .failed(
                        Trouble(
                            error: ImageError(.unreachable, "\(request.url.shown) sent less than there is."),
                            isPassing: true))
            case .useless: return .useless
            case .redirection(let target): request = try request.redirected(to: target)
            case .status(let head):
                switch (head.status, condition) {
                case (304, .unlessSame): return .ended(.notModified)
                case (416, .rest): return .useless
                default: return .failed(trouble(head, at: request.url))
                }
            case .broken(let code, let text, let afterAsking):
                return .failed(
                    refusal(text, of: request, afterAsking: afterAsking) ?? trouble(code, text, at: request.url))
            }
        }
        throw ImageError(
            .failed, "\(url.shown) leads from one place to the next, more than \(settings.redirections) times.")
    }

    /// RFC 9110 section 15.5 and 15.6.
    private func trouble(_ head: ResponseHead, at place: ImageURL) -> Trouble {
        let said = "\(place.shown) answers with \(head.status)"
        let isStranger = !credentials.isEmpty && !credentials.areFor(place)
        switch head.status {
        case 401, 403, 407:
            let why =
                isStranger
                ? "\(url.shown) led there, and what was given for one host is not told to another."
                : credentials.isEmpty
                    ? "No credentials are given for it." : "The credentials that are given for it are not enough."
            return Trouble(error: ImageError(.denied, "\(said). \(why)"))
        case 404, 410: return Trouble(error: ImageError(.missing, "\(said): there is no such file."))
        case 408, 429:
            return Trouble(
                error: ImageError(.unreachable, "\(said): it has no time just now."), isPassing: true,
                pause: head.retryAfter)
        case 500...599:
            return Trouble(
                error: ImageError(.unreachable, "\(said): the server has a problem of its own."), isPassing: true,
                pause: head.retryAfter)
        default: return Trouble(error: ImageError(.failed, "\(said), which is no answer to such a request."))
        }
    }

    /// Of a server that wants to know its clients: what TLS calls an alert (RFC 8446 section 6.2), or just an end.
    private func refusal(_ text: String, of request: Request, afterAsking: Bool) -> Trouble? {
        let alerts = [
            "certificate required", "bad certificate", "unknown ca", "certificate unknown", "certificate expired",
            "certificate revoked", "access denied",
        ]
        let isSaid = alerts.contains { text.contains("alert \($0)") }
        guard isSaid || afterAsking else { return nil }
        let why =
            request.hasCertificate
            ? "It asked for a client certificate, and did not take the one that is given for it."
            : "It asks for a client certificate, and none is given for it."
        return Trouble(error: ImageError(.denied, "\(request.url.shown): \(text). \(why)"), isPassing: !isSaid)
    }

    private func trouble(_ code: CURLcode, _ text: String, at place: ImageURL) -> Trouble {
        let detail = "\(place.shown): \(text)."
        switch code {
        case CURLE_PEER_FAILED_VERIFICATION, CURLE_SSL_CACERT_BADFILE, CURLE_SSL_ISSUER_ERROR,
            CURLE_SSL_PINNEDPUBKEYNOTMATCH:
            return Trouble(error: ImageError(.denied, "\(detail) The server is not believed to be who it says it is."))
        case CURLE_SSL_CERTPROBLEM:
            return Trouble(error: ImageError(.denied, "\(detail) The client certificate or its key is of no use."))
        case CURLE_UNSUPPORTED_PROTOCOL, CURLE_URL_MALFORMAT, CURLE_NOT_BUILT_IN, CURLE_OUT_OF_MEMORY,
            CURLE_BAD_FUNCTION_ARGUMENT, CURLE_SSL_ENGINE_NOTFOUND, CURLE_SSL_CIPHER:
            return Trouble(error: ImageError(.failed, detail))
        default: return Trouble(error: ImageError(.unreachable, detail), isPassing: true)
        }
    }
}

extension ImageError {
    fileprivate func after(attempts: Int) -> ImageError {
        ImageError(reason, "\(detail) It was tried \(attempts) times.")
    }
}
