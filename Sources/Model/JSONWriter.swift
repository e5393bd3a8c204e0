/// Writes values as canonical JSON: keys in byte order, no white space unless asked, UTF-8, one spelling for each value.
///
/// Equal values give equal bytes, which is what the state's checksum and the reproducible plan rest on (RFC 8785 in
/// spirit: there are no floating-point numbers).
package struct JSONWriter {
    package private(set) var bytes: [UInt8] = []
    private let pretty: Bool
    private var depth = 0

    package init(pretty: Bool = false) { self.pretty = pretty }

    package static func bytes(of value: Value, pretty: Bool = false) -> [UInt8] {
        var writer = JSONWriter(pretty: pretty)
        writer.write(value)
        return writer.bytes
    }

    package static func text(of value: Value, pretty: Bool = false) -> String {
        String(decoding: bytes(of: value, pretty: pretty), as: UTF8.self)
    }

    package mutating func write(_ value: Value) {
        switch value {
        case .null: append("null")
        case .bool(let flag): append(flag ? "true" : "false")
        case .integer(let number): append(String(number))
        case .string(let text): write(text)
        case .list(let items):
            enclose("[", "]", empty: items.isEmpty) { writer in
                for (index, item) in items.enumerated() {
                    writer.separate(index)
                    writer.write(item)
                }
            }
        case .map(let members):
            enclose("{", "}", empty: members.isEmpty) { writer in
                for (index, key) in members.keys.sorted().enumerated() {
                    writer.separate(index)
                    writer.write(key)
                    writer.append(writer.pretty ? ": " : ":")
                    writer.write(members[key] ?? .null)
                }
            }
        }
    }

    /// Writes a string with its quotes; control characters as `\u00XX`, everything else as it is.
    package mutating func write(_ text: String) {
        bytes.append(UInt8(ascii: "\""))
        defer { bytes.append(UInt8(ascii: "\"")) }
        let isPlain = text.utf8.allSatisfy { $0 >= 0x20 && $0 != UInt8(ascii: "\"") && $0 != UInt8(ascii: "\\") }
        guard !isPlain else { return bytes.append(contentsOf: text.utf8) }
        for byte in text.utf8 {
            switch byte {
            case UInt8(ascii: "\""): append("\\\"")
            case UInt8(ascii: "\\"): append("\\\\")
            case 0x0A: append("\\n")
            case 0x0D: append("\\r")
            case 0x09: append("\\t")
            case 0..<0x20:
                append("\\u00")
                append(byte < 0x10 ? "0" : "1")
                append(String(byte & 15, radix: 16))
            default: bytes.append(byte)
            }
        }
    }

    package mutating func append(_ text: String) { bytes.append(contentsOf: text.utf8) }

    private mutating func enclose(_ open: String, _ close: String, empty: Bool, _ body: (inout JSONWriter) -> Void) {
        append(open)
        depth += 1
        body(&self)
        depth -= 1
        if !empty { breakLine() }
        append(close)
    }

    private mutating func separate(_ index: Int) {
        if index > 0 { append(",") }
        breakLine()
    }

    private mutating func breakLine() {
        guard pretty else { return }
        bytes.append(UInt8(ascii: "\n"))
        for _ in 0..<depth { append("  ") }
    }
}
