import CLibCurl

/// Where the body of an answer goes.
protocol BodySink: AnyObject {
    /// Called once before the first bytes of an answer that has the status 200 or 206; false where it is of no use.
    func begin(_ head: ResponseHead) throws(ImageError) -> Bool
    func take(_ bytes: UnsafeRawBufferPointer) throws(ImageError)
}

/// One request and its answer. libcurl blocks the thread meanwhile.
final class Exchange {
    enum End {
        /// The whole body is in the sink.
        case complete
        /// The sink had no use for the answer.
        case useless
        /// A status other than 200 and 206.
        case status(ResponseHead)
        case redirection(String)
        /// With libcurl's words; and whether the server had asked for a certificate of the client's, and has not answered since.
        case broken(CURLcode, String, afterAsking: Bool)
    }

    private(set) var head = ResponseHead()
    private var headerBytes = 0
    private var failure: ImageError?
    private var hasBegun = false
    private var isUseless = false
    private var asksForName = false
    private let sink: any BodySink
    private let bounds: Bounds

    private static let mostHeaderBytes = 256 * 1024
    private var pageBytes = 0
    private static let mostPageBytes = 1 << 20

    private init(_ sink: any BodySink, _ bounds: Bounds) {
        self.sink = sink
        self.bounds = bounds
    }

    static func run(
        _ request: Request, into sink: any BodySink, _ bounds: Bounds, _ settings: FetchSettings
    ) throws(ImageError) -> End {
        try bounds.check()
        var handle = try CurlHandle()
        try request.configure(&handle, bounds, settings)
        let exchange = Exchange(sink, bounds)
        let context = Unmanaged.passUnretained(exchange).toOpaque()
        rigaud_curl_set_receiver(handle.pointer, CURLOPT_HEADERFUNCTION, receiveHeader)
        rigaud_curl_set_pointer(handle.pointer, CURLOPT_HEADERDATA, context)
        rigaud_curl_set_receiver(handle.pointer, CURLOPT_WRITEFUNCTION, receiveBody)
        rigaud_curl_set_pointer(handle.pointer, CURLOPT_WRITEDATA, context)
        rigaud_curl_set_watcher(handle.pointer, watch)
        rigaud_curl_set_pointer(handle.pointer, CURLOPT_XFERINFODATA, context)
        try handle.set(CURLOPT_VERBOSE, 1)
        rigaud_curl_set_listener(handle.pointer, listen)
        rigaud_curl_set_pointer(handle.pointer, CURLOPT_DEBUGDATA, context)
        let code = try withExtendedLifetime(exchange) { () throws(ImageError) in try handle.perform() }
        return try exchange.end(code, handle)
    }

    private func end(_ code: CURLcode, _ handle: borrowing CurlHandle) throws(ImageError) -> End {
        if let failure { throw failure }
        if isUseless { return .useless }
        // Whatever libcurl says of its end: it was ended from here.
        try bounds.check()
        if head.status >= 300 || (head.status >= 200 && !hasContent) {
            if head.isRedirection, let target = handle.redirection { return .redirection(target) }
            return .status(head)
        }
        guard code == CURLE_OK else {
            return .broken(code, handle.complaint(for: code), afterAsking: asksForName && head.status == 0)
        }
        // An empty body begins nothing by itself.
        return try begin() ? .complete : .useless
    }

    private var hasContent: Bool { head.status == 200 || head.status == 206 }

    private func begin() throws(ImageError) -> Bool {
        if !hasBegun {
            hasBegun = true
            isUseless = try !sink.begin(head)
        }
        return !isUseless
    }

    fileprivate func take(header bytes: UnsafeRawBufferPointer) -> Bool {
        headerBytes += bytes.count
        guard headerBytes <= Exchange.mostHeaderBytes else {
            failure = ImageError(
                .failed, "The server's answer has more than \(Exchange.mostHeaderBytes) bytes of headers.")
            return false
        }
        head.take(line: bytes)
        return true
    }

    fileprivate func take(body bytes: UnsafeRawBufferPointer) -> Bool {
        // What an error page says is not read; what a redirection says beside its target is let go by.
        guard hasContent else {
            pageBytes += bytes.count
            return head.isRedirection && pageBytes <= Exchange.mostPageBytes
        }
        do throws(ImageError) {
            guard try begin() else { return false }
            try sink.take(bytes)
            return true
        } catch {
            failure = error
            return false
        }
    }

    /// What libcurl says of a handshake is all that tells that a certificate is asked for: with TLS 1.3 the connection is there
    /// before the server has looked at it, and then breaks, often without a word.
    fileprivate func hear(_ words: UnsafeRawBufferPointer) {
        if !asksForName { asksForName = String(decoding: words, as: UTF8.self).contains("Request CERT") }
    }

    fileprivate var isOver: Bool { bounds.isOver }
}

extension ResponseHead {
    /// RFC 9110 section 15.4.
    fileprivate var isRedirection: Bool { [301, 302, 303, 307, 308].contains(status) }
}

private func exchange(_ context: UnsafeMutableRawPointer) -> Exchange {
    Unmanaged<Exchange>.fromOpaque(context).takeUnretainedValue()
}

// These return fewer bytes than they were given, and libcurl ends the transfer.
private let receiveHeader: curl_write_callback = { bytes, size, count, context in
    guard let bytes, let context else { return 0 }
    let buffer = UnsafeRawBufferPointer(start: bytes, count: size * count)
    return exchange(context).take(header: buffer) ? buffer.count : 0
}

private let receiveBody: curl_write_callback = { bytes, size, count, context in
    guard let bytes, let context else { return 0 }
    let buffer = UnsafeRawBufferPointer(start: bytes, count: size * count)
    return exchange(context).take(body: buffer) ? buffer.count : 0
}

private let watch: curl_xferinfo_callback = { context, _, _, _, _ in
    guard let context else { return 1 }
    return exchange(context).isOver ? 1 : 0
}

private let listen: curl_debug_callback = { _, kind, bytes, count, context in
    if kind == CURLINFO_TEXT, let bytes, let context {
        exchange(context).hear(UnsafeRawBufferPointer(start: bytes, count: count))
    }
    return 0
}
