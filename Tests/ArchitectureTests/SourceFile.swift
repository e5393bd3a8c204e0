/// A Swift file, and what in it goes against the architecture.
struct SourceFile {
    let module: String
    let name: String
    private let lines: [Line]

    /// A line as it is, and without its comment and what stands in its string literals.
    private struct Line {
        let text: Substring
        let code: String
    }

    init(module: String, name: String, text: String) {
        self.module = module
        self.name = name
        lines = text.split(separator: "\n", omittingEmptySubsequences: false)
            .map { Line(text: $0, code: SourceFile.code(of: $0)) }
    }

    /// One sentence a violation, with file and line.
    var violations: [String] {
        guard let allowed = ImportTable.allowed[module] else { return ["\(module) is not in the table of modules."] }
        var found: [String] = []
        for (index, line) in lines.enumerated() {
            let place = "\(module)/\(name):\(index + 1)"
            if let imported = SourceFile.importedModule(in: line.code), !allowed.contains(imported) {
                found.append("\(place): \(module) may not import \(imported).")
            }
            for (call, modules) in ImportTable.reserved where !modules.contains(module) {
                if SourceFile.calls(call, in: line.code) {
                    found.append("\(place): \(call) belongs to the command line.")
                }
            }
            for forbidden in ["try!", "as!"] where line.code.containsWord(forbidden) {
                found.append("\(place): \(forbidden) is forbidden.")
            }
            for promise in ["@unchecked Sendable", "nonisolated(unsafe)"]
            where line.code.contains(promise) && !isComment(at: index - 1) {
                found.append("\(place): \(promise) needs a comment on the line before that says why it holds.")
            }
        }
        // A text that ends in a line feed has an empty last piece, which is no line.
        let count = lines.count - (lines.last?.text.isEmpty == true ? 1 : 0)
        if count > ImportTable.longestFile {
            found.append("\(module)/\(name): \(count) lines are more than \(ImportTable.longestFile).")
        }
        return found
    }

    private func isComment(at index: Int) -> Bool {
        lines.indices.contains(index) && lines[index].text.drop(while: \.isWhitespace).hasPrefix("//")
    }

    /// `X` of `import X`, `package import X`, `@testable import X`, `import struct X.Y`.
    private static func importedModule(in code: String) -> String? {
        let words = code.split(separator: " ")
        guard let position = words.firstIndex(of: "import"),
            words[..<position].allSatisfy({ $0.hasPrefix("@") || accessLevels.contains($0) })
        else { return nil }
        var rest = words[(position + 1)...]
        if let first = rest.first, importKinds.contains(first) { rest = rest.dropFirst() }
        return rest.first?.split(separator: ".").first.map(String.init)
    }

    private static let accessLevels: Set<Substring> = ["public", "package", "internal", "fileprivate", "private"]
    private static let importKinds: Set<Substring> = [
        "struct", "class", "enum", "protocol", "typealias", "func", "let", "var", "actor",
    ]

    /// A call of the global function, not of a method of the same name.
    private static func calls(_ name: String, in code: String) -> Bool {
        code.ranges(ofWord: name).contains { range in
            let before = code[..<range.lowerBound]
            return !before.hasSuffix(".") || before.hasSuffix("Swift.") || before.hasSuffix("Glibc.")
        }
    }

    private static func code(of line: Substring) -> String {
        var code = ""
        var isInString = false
        var previous: Character = " "
        for character in line {
            if character == "\"" && previous != "\\" { isInString.toggle() }
            if !isInString {
                if character == "/" && previous == "/" { return String(code.dropLast()) }
                code.append(character)
            }
            previous = previous == "\\" ? " " : character
        }
        return code
    }
}

extension String {
    fileprivate func containsWord(_ word: String) -> Bool { !ranges(ofWord: word).isEmpty }

    /// Where it stands and is not the end of a longer name.
    fileprivate func ranges(ofWord word: String) -> [Range<String.Index>] {
        guard contains(word) else { return [] }
        return ranges(of: word).filter { range in
            guard let before = self[..<range.lowerBound].last else { return true }
            return !before.isLetter && !before.isNumber && before != "_"
        }
    }
}
