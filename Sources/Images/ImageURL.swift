import CLibCurl
import Model

/// A URL, taken apart by libcurl itself, so that nobody reads it in two ways.
struct ImageURL: Hashable {
    /// As it is asked for: without a user, a password or a fragment. Its query may hold secrets.
    let text: String
    /// `http`, `https` or `file`.
    let scheme: String
    let origin: String
    /// Percent-decoded.
    let path: String
    /// As it may be shown: no user and password, no values of a query.
    let shown: String
    /// Percent-decoded, where the URL had them.
    let user: Secret?
    let password: Secret?

    private static let longest = 16_384

    init(_ url: String) throws(ImageError) {
        guard url.utf8.count <= ImageURL.longest, !url.utf8.contains(0) else {
            throw .badURL("it is longer than \(ImageURL.longest) bytes, or there is a zero byte in it")
        }
        guard let parts = Parts() else { throw ImageError(.failed, "There is no memory left.") }
        try parts.set(CURLUPART_URL, url)
        scheme = parts[CURLUPART_SCHEME]?.lowercased() ?? ""
        guard ["http", "https", "file"].contains(scheme) else {
            throw ImageError(
                .unsupported, "Its URL begins with '\(printable(scheme)):'. Images come by http, https or file.")
        }
        user = parts[CURLUPART_USER, CURLU_URLDECODE].map { Secret($0) }
        password = parts[CURLUPART_PASSWORD, CURLU_URLDECODE].map { Secret($0) }
        for part in [CURLUPART_USER, CURLUPART_PASSWORD, CURLUPART_FRAGMENT] { try parts.set(part, nil) }
        guard let text = parts[CURLUPART_URL], let path = parts[CURLUPART_PATH, CURLU_URLDECODE] else {
            throw .badURL("there are bytes in it that may not be there")
        }
        self.text = text
        self.path = path
        let host = parts[CURLUPART_HOST]?.lowercased() ?? ""
        origin = "\(scheme)://\(host):\(parts[CURLUPART_PORT, CURLU_DEFAULT_PORT] ?? "")"
        if parts[CURLUPART_QUERY] != nil {
            try parts.set(CURLUPART_QUERY, nil)
            shown = printable(parts[CURLUPART_URL] ?? origin) + "?..."
        } else {
            shown = printable(text)
        }
    }

    /// The last part of the path; empty where it ends in a slash.
    var fileName: String { String(path[(path.lastIndex(of: "/").map(path.index(after:)) ?? path.startIndex)...]) }
}

/// libcurl's own handle on a URL.
private struct Parts: ~Copyable {
    private let handle: OpaquePointer

    init?() {
        guard let handle = curl_url() else { return nil }
        self.handle = handle
    }

    deinit { curl_url_cleanup(handle) }

    func set(_ part: CURLUPart, _ text: String?) throws(ImageError) {
        let code = curl_url_set(handle, part, text, 0)
        if code != CURLUE_OK { throw .badURL(String(cString: curl_url_strerror(code))) }
    }

    subscript(part: CURLUPart, flags: Int32 = 0) -> String? {
        var text: UnsafeMutablePointer<CChar>?
        guard curl_url_get(handle, part, &text, UInt32(flags)) == CURLUE_OK, let text else { return nil }
        defer { curl_free(text) }
        return String(cString: text)
    }
}

extension ImageError {
    /// The URL itself is not shown: what cannot be understood cannot be masked.
    static func badURL(_ why: String) -> ImageError {
        ImageError(.unsupported, "Its URL cannot be understood: \(printable(why)).")
    }
}

/// A text from outside, made harmless for a terminal, and short.
func printable(_ text: String) -> String {
    let safe = String(
        String.UnicodeScalarView(
            text.unicodeScalars.prefix(300).map { (0x20...0x7e).contains($0.value) ? $0 : "?" }))
    return text.unicodeScalars.count > 300 ? safe + "..." : safe
}
