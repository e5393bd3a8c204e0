import CLibCurl
import Dispatch

/// Posts JSON to a webhook; nil where it was taken, else a sentence that says why not. The URL may hold a token, and is never
/// in it.
package func post(_ body: [UInt8], to url: String) async -> String? {
    await withCheckedContinuation { continuation in
        DispatchQueue(label: "rigaud.webhook").async { continuation.resume(returning: postNow(body, to: url)) }
    }
}

private let isStarted = rigaud_curl_start() == CURLE_OK

private func postNow(_ body: [UInt8], to url: String) -> String? {
    guard isStarted, let handle = curl_easy_init() else {
        return "The webhook could not be called: there is no memory left."
    }
    defer { curl_easy_cleanup(handle) }
    var headers = curl_slist_append(nil, "Content-Type: application/json")
    headers = curl_slist_append(headers, "Expect:")
    defer { curl_slist_free_all(headers) }
    let settings = [
        rigaud_curl_set_text(handle, CURLOPT_PROTOCOLS_STR, "http,https"),
        rigaud_curl_set_text(handle, CURLOPT_URL, url),
        rigaud_curl_set_pointer(handle, CURLOPT_HTTPHEADER, headers),
        rigaud_curl_set_long(handle, CURLOPT_POST, 1),
        rigaud_curl_set_offset(handle, CURLOPT_POSTFIELDSIZE_LARGE, curl_off_t(body.count)),
        rigaud_curl_set_long(handle, CURLOPT_CONNECTTIMEOUT, 10), rigaud_curl_set_long(handle, CURLOPT_TIMEOUT, 30),
        rigaud_curl_set_long(handle, CURLOPT_NOSIGNAL, 1),
    ]
    guard settings.allSatisfy({ $0 == CURLE_OK }) else { return "The webhook could not be called: its URL is not one." }
    let code = body.withUnsafeBytes { buffer in
        _ = rigaud_curl_set_pointer(
            handle, CURLOPT_COPYPOSTFIELDS, UnsafeMutableRawPointer(mutating: buffer.baseAddress))
        _ = rigaud_curl_set_receiver(handle, CURLOPT_WRITEFUNCTION) { _, size, count, _ in size * count }
        return curl_easy_perform(handle)
    }
    guard code == CURLE_OK else {
        return "The webhook could not be reached: \(String(cString: curl_easy_strerror(code)))."
    }
    let status = rigaud_curl_get_status(handle)
    return (200..<300).contains(status) ? nil : "The webhook answered with status \(status)."
}
