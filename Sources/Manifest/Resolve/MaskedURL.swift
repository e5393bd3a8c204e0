/// A URL without what may be secret in it: a user and a password, and the values of a query. Other texts are left as they are.
func maskedURL(_ url: String) -> String {
    var parts = url.split(separator: "/", maxSplits: 3, omittingEmptySubsequences: false)
    guard parts.count >= 3, parts[0].hasSuffix(":"), parts[1].isEmpty, !hasQueryBeforeLogin(parts[2]) else {
        return maskedText(url)
    }
    if let at = parts[2].lastIndex(of: "@") {
        parts[2] = parts[2][parts[2].index(after: at)...]
    } else if let colon = parts[2].lastIndex(of: ":"), !parts[2].hasSuffix("]"),
        !parts[2][parts[2].index(after: colon)...].allSatisfy(\.isNumber)
    {
        // No port is written so: it is a password with a slash in it.
        return maskedText(url)
    }
    return withoutQuery(parts.joined(separator: "/"))
}

/// Of a text that is no good URL, what follows on the last `@`, and nothing from the first `?` on: what is before the one may be
/// a password, and what is behind the other a signature.
private func maskedText(_ text: String) -> String {
    if hasQueryBeforeLogin(text) { return "..." }
    guard let at = text.lastIndex(of: "@"), text[..<at].contains(":") || text[..<at].contains("//") else {
        return withoutQuery(text)
    }
    return withoutQuery("..." + text[at...])
}

/// Whether nobody can tell a login from a query: either may have the sign of the other in it.
private func hasQueryBeforeLogin(_ text: some StringProtocol) -> Bool {
    guard let question = text.firstIndex(of: "?"), let at = text.lastIndex(of: "@") else { return false }
    return question < at
}

private func withoutQuery(_ text: String) -> String {
    text.firstIndex(of: "?").map { text[..<$0] + "?..." } ?? text
}
