/// A typed value of an attribute, as plans, state and JSON carry it. Sizes are bytes; there is no prose in it.
package enum Value: Hashable, Sendable {
    case null
    case bool(Bool)
    case integer(Int64)
    case string(String)
    case list([Value])
    /// Written with its keys in order, whatever order they came in.
    case map([String: Value])

    package var text: String? { if case .string(let text) = self { text } else { nil } }
    package var number: Int64? { if case .integer(let number) = self { number } else { nil } }
    package var flag: Bool? { if case .bool(let flag) = self { flag } else { nil } }
    package var items: [Value]? { if case .list(let items) = self { items } else { nil } }
    package var members: [String: Value]? { if case .map(let members) = self { members } else { nil } }
    package var isNull: Bool { self == .null }

    /// Of a disk's bus: whether disks come and go on it while the guest runs.
    package var takesDisksLive: Bool { !["ide", "sata", "fdc"].contains(self) }

    /// The member of a map; nil for anything else.
    package subscript(key: String) -> Value? { members?[key] }
}

extension Value: ExpressibleByStringLiteral, ExpressibleByIntegerLiteral, ExpressibleByBooleanLiteral,
    ExpressibleByArrayLiteral, ExpressibleByNilLiteral, ExpressibleByDictionaryLiteral
{
    package init(stringLiteral value: String) { self = .string(value) }
    package init(integerLiteral value: Int64) { self = .integer(value) }
    package init(booleanLiteral value: Bool) { self = .bool(value) }
    package init(arrayLiteral elements: Value...) { self = .list(elements) }
    package init(nilLiteral: ()) { self = .null }
    package init(dictionaryLiteral elements: (String, Value)...) {
        self = .map(Dictionary(elements, uniquingKeysWith: { $1 }))
    }
}
