import CLibCurl
import Model

/// What is asked of a server.
struct Request {
    /// RFC 9110 sections 13 and 14.
    enum Condition: Hashable {
        case whole
        /// The bytes from an offset on, if the file is still the one that If-Range's value stands for; all of it if not.
        case rest(from: Int64, ifRange: String)
        case unlessSame(Validators)
    }

    var url: ImageURL
    let credentials: Credentials
    let condition: Condition

    func configure(
        _ handle: inout CurlHandle, _ bounds: Bounds, _ settings: FetchSettings
    ) throws(ImageError) {
        try handle.set(CURLOPT_URL, url.text)
        try handle.set(CURLOPT_PROTOCOLS_STR, "http,https")
        // Redirections are followed by us: libcurl would take headers and certificates along to any host.
        try handle.set(CURLOPT_FOLLOWLOCATION, 0)
        try handle.set(CURLOPT_NOSIGNAL, 1)
        try handle.set(CURLOPT_SUPPRESS_CONNECT_HEADERS, 1)
        try handle.set(CURLOPT_BUFFERSIZE, 512 * 1024)
        try handle.set(CURLOPT_USERAGENT, "rigaud")
        try handle.set(CURLOPT_CONNECTTIMEOUT, settings.connecting)
        try handle.set(CURLOPT_LOW_SPEED_LIMIT, 64)
        try handle.set(CURLOPT_LOW_SPEED_TIME, settings.stall)
        // The bounds end it first, and know why: this is for what libcurl does without asking them.
        try handle.set(CURLOPT_TIMEOUT_MS, min(bounds.remaining + 2000, Int(Int32.max)))
        try handle.set(CURLOPT_NOPROGRESS, 0)
        if let authorities = settings.authorities { try handle.set(CURLOPT_CAINFO_BLOB, blob: authorities) }
        if credentials.areFor(url) { try give(credentials, to: &handle) }
        switch condition {
        case .whole: break
        case .rest(let offset, let validator):
            try handle.set(CURLOPT_RANGE, "\(offset)-")
            try handle.add(header: "If-Range: \(validator)")
        case .unlessSame(let validators):
            if let tag = validators.entityTag { try handle.add(header: "If-None-Match: \(tag)") }
            if let time = validators.lastModified { try handle.add(header: "If-Modified-Since: \(time)") }
        }
    }

    /// Whether a server that asks for a client's certificate gets one.
    var hasCertificate: Bool {
        if case .clientCertificate = credentials.authentication { credentials.areFor(url) } else { false }
    }

    private func give(_ credentials: Credentials, to handle: inout CurlHandle) throws(ImageError) {
        for header in credentials.headers { try handle.add(header: header) }
        switch credentials.authentication {
        case nil: break
        case .basic(let user, let password):
            try handle.set(CURLOPT_HTTPAUTH, rigaud_curl_basic)
            try handle.set(CURLOPT_USERNAME, user)
            try handle.set(CURLOPT_PASSWORD, password)
        case .bearer(let token):
            try handle.set(CURLOPT_HTTPAUTH, rigaud_curl_bearer)
            try handle.set(CURLOPT_XOAUTH2_BEARER, token)
        case .clientCertificate(let certificate, let key):
            try handle.set(CURLOPT_SSLCERT_BLOB, blob: certificate.reveal { $0 })
            try handle.set(CURLOPT_SSLKEY_BLOB, blob: key.reveal { $0 })
            // Where a key asks for a passphrase and libcurl was given none, it ends the process.
            try handle.set(CURLOPT_KEYPASSWD, "")
        }
    }

    /// The same at the place that an answer leads to.
    func redirected(to target: String) throws(ImageError) -> Request {
        let next: ImageURL
        do throws(ImageError) {
            next = try ImageURL(target)
        } catch {
            throw ImageError(.unsupported, "\(url.shown) leads to a place that is not followed. \(error.detail)")
        }
        guard next.scheme != "file" else {
            throw ImageError(.unsupported, "\(url.shown) leads to a file of this machine. That is not followed.")
        }
        guard !(url.scheme == "https" && next.scheme == "http" && !credentials.isEmpty) else {
            throw ImageError(
                .unsupported,
                "\(url.shown) leads to \(next.shown), which is not encrypted. That is not followed where credentials "
                    + "or headers are given.")
        }
        var request = self
        request.url = next
        return request
    }
}
