/// Why a text is not the JSON that rigaud reads, and at which byte.
package struct JSONError: Error, Hashable, Sendable {
    package let reason: String
    package let offset: Int
}

/// Reads JSON (RFC 8259) into values. Nesting is bounded, numbers are whole, a key that comes twice is an error.
package struct JSONReader {
    /// What is nested more deeply is refused: no file of rigaud's comes near it.
    package static let maximumDepth = 64

    private let bytes: UnsafeBufferPointer<UInt8>
    private var position = 0
    private var depth = 0

    package static func value(of bytes: [UInt8]) throws(JSONError) -> Value {
        try read(bytes[...]) { (reader) throws(JSONError) in try reader.value() }
    }

    /// Reads one document piece by piece, without a tree of values: for files of many like records.
    package static func read<Result>(
        _ bytes: ArraySlice<UInt8>, _ body: (inout JSONReader) throws(JSONError) -> Result
    ) throws(JSONError) -> Result {
        try bytes.withUnsafeBufferPointer { (buffer) throws(JSONError) -> Result in
            var reader = JSONReader(bytes: buffer)
            let result = try body(&reader)
            try reader.end()
            return result
        }
    }

    package static func value(of text: String) throws(JSONError) -> Value {
        try value(of: Array(text.utf8))
    }

    private init(bytes: UnsafeBufferPointer<UInt8>) { self.bytes = bytes }

    private mutating func end() throws(JSONError) {
        skipSpace()
        guard position == bytes.count else { throw failure("text after the end of the value") }
    }

    /// Reads an object, calling `body` at each member's value, which it must read. That no key comes twice is for
    /// `body` to see to.
    package mutating func members(
        _ body: (inout JSONReader, _ key: String) throws(JSONError) -> Void
    ) throws(JSONError) {
        skipSpace()
        guard position < bytes.count, bytes[position] == UInt8(ascii: "{") else {
            throw failure("an object should stand here")
        }
        try descend()
        skipSpace()
        if take("}") { depth -= 1; return }
        repeat {
            skipSpace()
            let key = try string()
            skipSpace()
            guard take(":") else { throw failure("a ':' is missing after a key") }
            try body(&self, key)
            skipSpace()
        } while take(",")
        guard take("}") else { throw failure("a '}' is missing") }
        depth -= 1
    }

    /// Reads an array, calling `body` at each item, which it must read.
    package mutating func items(_ body: (inout JSONReader) throws(JSONError) -> Void) throws(JSONError) {
        skipSpace()
        guard position < bytes.count, bytes[position] == UInt8(ascii: "[") else {
            throw failure("an array should stand here")
        }
        try descend()
        skipSpace()
        if take("]") { depth -= 1; return }
        repeat {
            try body(&self)
            skipSpace()
        } while take(",")
        guard take("]") else { throw failure("a ']' is missing") }
        depth -= 1
    }

    package mutating func text() throws(JSONError) -> String {
        skipSpace()
        return try string()
    }

    package mutating func integer() throws(JSONError) -> Int {
        skipSpace()
        guard let number = try number().number, let integer = Int(exactly: number) else {
            throw failure("a whole number should stand here")
        }
        return integer
    }

    package mutating func flag() throws(JSONError) -> Bool {
        guard let flag = try value().flag else { throw failure("true or false should stand here") }
        return flag
    }

    package mutating func value() throws(JSONError) -> Value {
        skipSpace()
        guard position < bytes.count else { throw failure("the text ends where a value should stand") }
        switch bytes[position] {
        case UInt8(ascii: "{"): return try map()
        case UInt8(ascii: "["): return try list()
        case UInt8(ascii: "\""): return .string(try string())
        case UInt8(ascii: "t"): return try word("true", .bool(true))
        case UInt8(ascii: "f"): return try word("false", .bool(false))
        case UInt8(ascii: "n"): return try word("null", .null)
        default: return try number()
        }
    }

    private mutating func map() throws(JSONError) -> Value {
        try descend()
        var members: [String: Value] = [:]
        skipSpace()
        if take("}") { depth -= 1; return .map(members) }
        repeat {
            skipSpace()
            let key = try string()
            skipSpace()
            guard take(":") else { throw failure("a ':' is missing after a key") }
            let value = try self.value()
            guard members.updateValue(value, forKey: key) == nil else { throw failure("a key comes twice: \(key)") }
            skipSpace()
        } while take(",")
        guard take("}") else { throw failure("a '}' is missing") }
        depth -= 1
        return .map(members)
    }

    private mutating func list() throws(JSONError) -> Value {
        try descend()
        var items: [Value] = []
        skipSpace()
        if take("]") { depth -= 1; return .list(items) }
        repeat {
            items.append(try value())
            skipSpace()
        } while take(",")
        guard take("]") else { throw failure("a ']' is missing") }
        depth -= 1
        return .list(items)
    }

    private mutating func string() throws(JSONError) -> String {
        guard take("\"") else { throw failure("a string should stand here") }
        let start = position
        while position < bytes.count {
            switch bytes[position] {
            case UInt8(ascii: "\""):
                let text = String(decoding: bytes[start..<position], as: UTF8.self)
                position += 1
                return text
            case UInt8(ascii: "\\"): return try escapedString(from: start)
            case 0..<0x20: throw failure("a control character within a string")
            default: position += 1
            }
        }
        throw failure("a string has no end")
    }

    private mutating func escapedString(from start: Int) throws(JSONError) -> String {
        var text = Array(bytes[start..<position])
        while position < bytes.count {
            let byte = bytes[position]
            position += 1
            switch byte {
            case UInt8(ascii: "\""): return String(decoding: text, as: UTF8.self)
            case UInt8(ascii: "\\"): text.append(contentsOf: try escape())
            case 0..<0x20: throw failure("a control character within a string")
            default: text.append(byte)
            }
        }
        throw failure("a string has no end")
    }

    private mutating func escape() throws(JSONError) -> [UInt8] {
        guard position < bytes.count else { throw failure("a string has no end") }
        let byte = bytes[position]
        position += 1
        switch byte {
        case UInt8(ascii: "\""), UInt8(ascii: "\\"), UInt8(ascii: "/"): return [byte]
        case UInt8(ascii: "n"): return [0x0A]
        case UInt8(ascii: "r"): return [0x0D]
        case UInt8(ascii: "t"): return [0x09]
        case UInt8(ascii: "b"): return [0x08]
        case UInt8(ascii: "f"): return [0x0C]
        case UInt8(ascii: "u"):
            var code = try hexadecimal()
            if (0xD800..<0xDC00).contains(code), take("\\"), take("u") {
                let second = try hexadecimal()
                guard (0xDC00..<0xE000).contains(second) else { throw failure("half a surrogate pair") }
                code = 0x10000 + (code - 0xD800) << 10 + (second - 0xDC00)
            }
            guard let scalar = Unicode.Scalar(code) else { throw failure("half a surrogate pair") }
            return Array(String(Character(scalar)).utf8)
        default: throw failure("an unknown escape")
        }
    }

    private mutating func hexadecimal() throws(JSONError) -> UInt32 {
        guard position + 4 <= bytes.count else { throw failure("a string has no end") }
        var code: UInt32 = 0
        for byte in bytes[position..<position + 4] {
            guard let digit = Character(UnicodeScalar(byte)).hexDigitValue else {
                throw failure("not a hexadecimal digit")
            }
            code = code << 4 | UInt32(digit)
        }
        position += 4
        return code
    }

    private mutating func number() throws(JSONError) -> Value {
        let start = position
        if position < bytes.count, bytes[position] == UInt8(ascii: "-") { position += 1 }
        while position < bytes.count, (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(bytes[position]) {
            position += 1
        }
        guard let number = Int64(String(decoding: bytes[start..<position], as: UTF8.self)) else {
            throw failure("not a value, or a number that is not whole and within 64 bits")
        }
        return .integer(number)
    }

    private mutating func word(_ word: StaticString, _ value: Value) throws(JSONError) -> Value {
        let count = word.utf8CodeUnitCount
        let expected = UnsafeBufferPointer(start: word.utf8Start, count: count)
        guard position + count <= bytes.count, bytes[position..<position + count].elementsEqual(expected) else {
            throw failure("not a value")
        }
        position += count
        return value
    }

    private mutating func descend() throws(JSONError) {
        position += 1
        depth += 1
        guard depth <= JSONReader.maximumDepth else {
            throw failure("nested more than \(JSONReader.maximumDepth) deep")
        }
    }

    private mutating func take(_ character: Unicode.Scalar) -> Bool {
        guard position < bytes.count, bytes[position] == UInt8(ascii: character) else { return false }
        position += 1
        return true
    }

    private mutating func skipSpace() {
        while position < bytes.count, bytes[position] == 0x20 || (0x09...0x0D).contains(bytes[position]) {
            position += 1
        }
    }

    /// What is wrong at the place that has been reached.
    package func failure(_ reason: String) -> JSONError { JSONError(reason: reason, offset: position) }
}
