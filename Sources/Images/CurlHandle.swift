import CLibCurl
import Model

/// A transfer of libcurl's, with one owner. It stays on the thread that made it.
struct CurlHandle: ~Copyable {
    let pointer: UnsafeMutableRawPointer
    private var headers: UnsafeMutablePointer<curl_slist>?
    /// libcurl writes into it until the handle is gone.
    private let complaint: UnsafeMutablePointer<CChar>

    private static let isStarted = rigaud_curl_start() == CURLE_OK

    init() throws(ImageError) {
        guard CurlHandle.isStarted, let pointer = curl_easy_init() else {
            throw ImageError(.failed, "libcurl cannot be started.")
        }
        self.pointer = pointer
        headers = nil
        complaint = .allocate(capacity: Int(CURL_ERROR_SIZE))
        complaint.initialize(repeating: 0, count: Int(CURL_ERROR_SIZE))
        rigaud_curl_set_pointer(pointer, CURLOPT_ERRORBUFFER, complaint)
    }

    deinit {
        curl_easy_cleanup(pointer)
        curl_slist_free_all(headers)
        complaint.deallocate()
    }

    func set(_ option: CURLoption, _ value: Int) throws(ImageError) {
        try check(rigaud_curl_set_long(pointer, option, value))
    }

    func set(_ option: CURLoption, _ value: String) throws(ImageError) {
        try check(rigaud_curl_set_text(pointer, option, value))
    }

    func set(_ option: CURLoption, _ secret: Secret) throws(ImageError) {
        let code = (secret.reveal { $0 } + [0]).withUnsafeBytes { bytes in
            rigaud_curl_set_text(pointer, option, bytes.baseAddress?.assumingMemoryBound(to: CChar.self))
        }
        try check(code)
    }

    /// libcurl keeps a copy of its own.
    func set(_ option: CURLoption, blob bytes: [UInt8]) throws(ImageError) {
        try check(bytes.withUnsafeBytes { rigaud_curl_set_blob(pointer, option, $0.baseAddress, $0.count) })
    }

    mutating func add(header: ImageSource.Header) throws(ImageError) {
        // A header with nothing in it is written with a semicolon; with a colon it would be left out.
        let value = header.value.reveal { $0 }
        try add(line: Array(header.name.utf8) + (value.isEmpty ? Array(";".utf8) : Array(": ".utf8) + value))
    }

    mutating func add(header line: String) throws(ImageError) { try add(line: Array(line.utf8)) }

    private mutating func add(line: [UInt8]) throws(ImageError) {
        let longer = (line + [0]).withUnsafeBytes { bytes in
            curl_slist_append(headers, bytes.baseAddress?.assumingMemoryBound(to: CChar.self))
        }
        guard let longer else { throw ImageError(.failed, "There is no memory left.") }
        headers = longer
    }

    /// Blocks until the exchange is over.
    func perform() throws(ImageError) -> CURLcode {
        try check(rigaud_curl_set_pointer(pointer, CURLOPT_HTTPHEADER, headers))
        return curl_easy_perform(pointer)
    }

    /// What went wrong, in libcurl's words.
    func complaint(for code: CURLcode) -> String {
        let detail = String(cString: complaint)
        return printable(withoutLogins(detail.isEmpty ? String(cString: curl_easy_strerror(code)) : detail))
    }

    /// Where the answer that was a redirection leads to, made absolute.
    var redirection: String? { rigaud_curl_get_text(pointer, CURLINFO_REDIRECT_URL).map { String(cString: $0) } }

    private func check(_ code: CURLcode) throws(ImageError) {
        guard code != CURLE_OK else { return }
        throw ImageError(.failed, "libcurl refuses a setting: \(String(cString: curl_easy_strerror(code))).")
    }
}

/// A text without what stands between `//` and `@` in its words: libcurl quotes a proxy's URL whole.
private func withoutLogins(_ text: String) -> String {
    text.split(separator: " ", omittingEmptySubsequences: false).map { word in
        guard let slashes = word.firstRange(of: "//"), let at = word.lastIndex(of: "@"), slashes.upperBound <= at else {
            return String(word)
        }
        return String(word[..<slashes.upperBound] + word[word.index(after: at)...])
    }.joined(separator: " ")
}
