import Model

/// A member of a value that is not there, or not what it should be.
struct FieldError: Error {
    let name: String
}

/// The members of a value, taken one after the other; what nobody takes is an error.
struct Fields {
    private var members: [String: Value]

    init(_ value: Value, _ name: String) throws(FieldError) {
        guard let members = value.members else { throw FieldError(name: name) }
        self.members = members
    }

    mutating func take<Result>(_ name: String, _ read: (Value) -> Result?) throws(FieldError) -> Result {
        guard let value = members.removeValue(forKey: name), let result = read(value) else {
            throw FieldError(name: name)
        }
        return result
    }

    mutating func ifThere<Result>(_ name: String, _ read: (Value) -> Result?) throws(FieldError) -> Result? {
        members[name] == nil ? nil : try take(name, read)
    }

    mutating func list<Result>(
        _ name: String, _ read: (Value) throws(FieldError) -> Result
    ) throws(FieldError) -> [Result] {
        var results: [Result] = []
        for item in try take(name, \.items) { results.append(try read(item)) }
        return results
    }

    func end() throws(FieldError) {
        if let name = members.keys.min() { throw FieldError(name: name) }
    }
}

extension Value {
    static func addresses(_ addresses: [Address]) -> Value { .list(addresses.map { .string($0.text) }) }

    var address: Address? { text.flatMap { text in Address(text).flatMap { $0.text == text ? $0 : nil } } }

    var addresses: [Address]? {
        guard let items else { return nil }
        let addresses = items.compactMap(\.address)
        return addresses.count == items.count ? addresses : nil
    }

    /// A number that counts something.
    var count: Int? { number.flatMap { (0..<Int64(Int32.max)).contains($0) ? Int($0) : nil } }
}
