/// A netrc file, as ftp(1) and curl read it.
struct Netrc {
    private struct Entry {
        /// Nil is the default, for any host.
        let machine: String?
        var login: String?
        var password: String?
    }

    private var entries: [Entry] = []

    init(_ text: String) {
        var tokens = Tokens(text)
        while let word = tokens.next() {
            switch word {
            case "machine": if let name = tokens.next() { entries.append(Entry(machine: name.lowercased())) }
            case "default": entries.append(Entry(machine: nil))
            case "login": if let value = tokens.next(), !entries.isEmpty { entries[entries.count - 1].login = value }
            case "password":
                if let value = tokens.next(), !entries.isEmpty { entries[entries.count - 1].password = value }
            case "account": _ = tokens.next()
            case "macdef": tokens.skipMacro()
            default: if word.hasPrefix("#") { tokens.skipLine() }
            }
        }
    }

    /// The first entry for a host, and for a user where one is asked for; else the default.
    func login(host: String, user: String?) -> (user: String, password: String)? {
        for entry in entries where entry.machine == host || entry.machine == nil {
            if let user, let login = entry.login, login != user { continue }
            guard let password = entry.password, let name = entry.login ?? user else { continue }
            return (name, password)
        }
        return nil
    }
}

private struct Tokens {
    private var rest: Substring

    init(_ text: String) { rest = text[...] }

    /// The next word, or what stands between quotation marks.
    mutating func next() -> String? {
        rest = rest.drop(while: \.isWhitespace)
        guard let first = rest.first else { return nil }
        var word = ""
        guard first == "\"" else {
            word = String(rest.prefix { !$0.isWhitespace })
            rest = rest.dropFirst(word.count)
            return word
        }
        rest = rest.dropFirst()
        while let character = rest.popFirst(), character != "\"" {
            word.append(character == "\\" ? rest.popFirst() ?? "\\" : character)
        }
        return word
    }

    mutating func skipLine() { rest = rest.drop { !$0.isNewline } }

    /// A macro ends at an empty line.
    mutating func skipMacro() {
        let end = rest.firstRange(of: "\n\n")?.upperBound ?? rest.endIndex
        rest = rest[end...]
    }
}
