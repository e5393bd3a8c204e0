import CLibYAML

/// Reads the YAML documents of a file, one at a time, with libyaml. `body` gets each tree, which is dropped after it.
///
/// Broken YAML ends the file: what stands before it has been read. Text that is not UTF-8 and control characters are
/// refused by libyaml; characters that no XML could hold, written as escapes (`"\0"`), here.
package func readYAML(_ bytes: [UInt8], _ body: (Tree) -> Void) throws(YAMLError) {
    let parser = UnsafeMutablePointer<yaml_parser_t>.allocate(capacity: 1)
    defer { parser.deallocate() }
    guard yaml_parser_initialize(parser) == 1 else {
        throw YAMLError(reason: .syntax, detail: "There is no memory left to read it.", line: 1, column: 1)
    }
    defer { yaml_parser_delete(parser) }
    let outcome: Result<Void, YAMLError> = bytes.withUnsafeBufferPointer { buffer in
        yaml_parser_set_input_string(parser, buffer.baseAddress, buffer.count)
        do throws(YAMLError) {
            try readDocuments(parser, buffer, body)
            return .success(())
        } catch {
            return .failure(error)
        }
    }
    try outcome.get()
}

private func readDocuments(
    _ parser: UnsafeMutablePointer<yaml_parser_t>, _ bytes: UnsafeBufferPointer<UInt8>, _ body: (Tree) -> Void
) throws(YAMLError) {
    var builder = TreeBuilder()
    var lines = LineFinder(bytes)
    while true {
        var event = yaml_event_t()
        guard yaml_parser_parse(parser, &event) == 1 else { throw failure(of: parser, bytes) }
        defer { yaml_event_delete(&event) }
        let line = Int(event.start_mark.line) + 1
        let column = Int(event.start_mark.column) + 1
        switch event.type {
        case YAML_STREAM_END_EVENT:
            return
        case YAML_DOCUMENT_START_EVENT:
            builder = TreeBuilder()
        case YAML_DOCUMENT_END_EVENT:
            body(builder.tree)
            builder = TreeBuilder()
        case YAML_SCALAR_EVENT:
            let scalar = event.data.scalar
            let content = UnsafeBufferPointer(start: scalar.value, count: scalar.length)
            if scalar.style == YAML_DOUBLE_QUOTED_SCALAR_STYLE, content.contains(where: isForbidden) {
                throw YAMLError(
                    reason: .syntax, detail: "This text has a control character in it, which libvirt could not keep.",
                    line: line, column: column)
            }
            builder.note(tag: string(scalar.tag), line: line, column: column)
            let isBlock =
                scalar.style == YAML_LITERAL_SCALAR_STYLE || scalar.style == YAML_FOLDED_SCALAR_STYLE
            let (line, column) = isBlock ? lines.firstText(after: line, else: column) : (line, column)
            builder.scalar(
                String(decoding: content, as: UTF8.self), isPlain: scalar.style == YAML_PLAIN_SCALAR_STYLE,
                isLiteral: scalar.style == YAML_LITERAL_SCALAR_STYLE, anchor: string(scalar.anchor), line: line,
                column: column)
        case YAML_MAPPING_START_EVENT:
            builder.note(tag: string(event.data.mapping_start.tag), line: line, column: column)
            try builder.begin(.mapping, anchor: string(event.data.mapping_start.anchor), line: line, column: column)
        case YAML_SEQUENCE_START_EVENT:
            builder.note(tag: string(event.data.sequence_start.tag), line: line, column: column)
            try builder.begin(.sequence, anchor: string(event.data.sequence_start.anchor), line: line, column: column)
        case YAML_MAPPING_END_EVENT, YAML_SEQUENCE_END_EVENT:
            try builder.end()
        case YAML_ALIAS_EVENT:
            try builder.alias(string(event.data.alias.anchor) ?? "", line: line, column: column)
        default:
            break
        }
    }
}

private func isForbidden(_ byte: UInt8) -> Bool { byte < 0x20 && byte != 0x09 && byte != 0x0A && byte != 0x0D }

private func string(_ pointer: UnsafeMutablePointer<UInt8>?) -> String? {
    pointer.map { String(cString: $0) }
}

/// What libyaml says went wrong. Of unreadable bytes it knows the offset alone.
private func failure(
    of parser: UnsafeMutablePointer<yaml_parser_t>, _ bytes: UnsafeBufferPointer<UInt8>
) -> YAMLError {
    let problem = parser.pointee.problem.map { String(cString: $0) } ?? "it cannot be read"
    if parser.pointee.error == YAML_READER_ERROR {
        let offset = min(Int(parser.pointee.problem_offset), bytes.count)
        let before = bytes[..<offset]
        let lineStart = before.lastIndex(of: UInt8(ascii: "\n")).map { $0 + 1 } ?? 0
        return YAMLError(
            reason: .syntax,
            detail:
                "The file is not plain UTF-8 text: \(problem), byte \(offset + 1). The rest of the file was not read.",
            line: before.count { $0 == UInt8(ascii: "\n") } + 1,
            column: before[lineStart...].count { $0 & 0xC0 != 0x80 } + 1)
    }
    let place = parser.pointee.problem_mark
    let (line, column) = (Int(place.line) + 1, Int(place.column) + 1)
    if place.index < bytes.count, isTab(line, column, bytes) {
        let said = "There is a tab here, and YAML is indented with spaces."
        return YAMLError(
            reason: .syntax, detail: said + " The rest of the file was not read.", problem: said, line: line,
            column: column)
    }
    let said = "The parser says: \(problem)"
    let context = parser.pointee.context.map { ", \(String(cString: $0))" } ?? ""
    let start = context.isEmpty ? "" : " that begins in line \(parser.pointee.context_mark.line + 1)"
    return YAMLError(
        reason: .syntax, detail: "\(said)\(context)\(start). The rest of the file was not read.",
        problem: "\(said)\(context).", line: line, column: column)
}

/// Whether nothing but white space and a tab stands in the way there. libyaml calls it a character that cannot start any token.
private func isTab(_ line: Int, _ column: Int, _ bytes: UnsafeBufferPointer<UInt8>) -> Bool {
    let text = bytes.split(separator: UInt8(ascii: "\n"), maxSplits: line, omittingEmptySubsequences: false)
    guard line <= text.count else { return false }
    let before = text[line - 1].prefix(column)
    return before.count == column && before.last == UInt8(ascii: "\t")
        && before.allSatisfy { $0 == UInt8(ascii: "\t") || $0 == UInt8(ascii: " ") }
}

/// Finds where the text of a block scalar (`|`, `>`) begins, whose indicator is all that libyaml tells. It goes forward
/// through the bytes only once.
private struct LineFinder {
    private let bytes: UnsafeBufferPointer<UInt8>
    private var line = 1
    private var offset = 0

    init(_ bytes: UnsafeBufferPointer<UInt8>) { self.bytes = bytes }

    /// The first line after the given one that is not blank, and its first character's column: a place in the text.
    mutating func firstText(after start: Int, else column: Int) -> (line: Int, column: Int) {
        while line <= start, offset < bytes.count { skipLine() }
        var (place, number) = (offset, line)
        while place < bytes.count {
            let indentation = bytes[place...].prefix { $0 == UInt8(ascii: " ") }.count
            guard place + indentation < bytes.count else { break }
            if bytes[place + indentation] != UInt8(ascii: "\n") { return (number, indentation + 1) }
            place += indentation + 1
            number += 1
        }
        return (start, column)
    }

    private mutating func skipLine() {
        while offset < bytes.count, bytes[offset] != UInt8(ascii: "\n") { offset += 1 }
        offset = min(offset + 1, bytes.count)
        line += 1
    }
}
