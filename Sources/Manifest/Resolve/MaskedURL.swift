/// A URL without what may be secret in it: a user and a password, and the values of a query. Other texts are left as they are.
func maskedURL(_ url: String) -> String {
    var parts = url.split(separator: "/", maxSplits: 3, omittingEmptySubsequences: false)
    guard parts.count >= 3, parts[0].hasSuffix(":"), parts[1].isEmpty else { return withoutLogin(url) }
    if let at = parts[2].lastIndex(of: "@") {
        parts[2] = parts[2][parts[2].index(after: at)...]
    } else if let colon = parts[2].lastIndex(of: ":"), !parts[2].hasSuffix("]"),
        !parts[2][parts[2].index(after: colon)...].allSatisfy(\.isNumber)
    {
        // No port is written so: it is a password with a slash in it.
        return withoutLogin(url)
    }
    let plain = parts.joined(separator: "/")
    return plain.firstIndex(of: "?").map { plain[..<$0] + "?..." } ?? plain
}

/// Of a text that is no good URL, what follows on the last `@`: what is before may be a password.
private func withoutLogin(_ text: String) -> String {
    guard let at = text.lastIndex(of: "@"), text[..<at].contains(":") else { return text }
    return "..." + text[at...]
}
