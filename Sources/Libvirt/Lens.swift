import Model

/// One property's place in libvirt's XML: how it is read out of an element and written into it.
struct Lens: Sendable {
    let attribute: Attribute
    let read: @Sendable (Element) -> Value?
    /// `.null` restores what libvirt does where nothing is said.
    let write: @Sendable (Element, Value, borrowing Surroundings) throws(HostError) -> Void

    init(
        _ attribute: Attribute, read: @escaping @Sendable (Element) -> Value?,
        write: @escaping @Sendable (Element, Value, borrowing Surroundings) throws(HostError) -> Void
    ) {
        self.attribute = attribute
        self.read = read
        self.write = write
    }
}

/// A list of the XML whose items have names: disks, interfaces, addresses.
struct ListLens: Sendable {
    let key: Attribute
    let elements: @Sendable (Element) -> [Element]
    let name: @Sendable (Element) -> String?
    /// Adds an empty item of that name.
    let make: @Sendable (Element, String) -> Element
    var recognition: Recognition?
    let fields: [Lens]

    func element(named name: String, in root: Element) -> Element? {
        elements(root).first { self.name($0) == name }
    }
}

/// What writing needs to know beyond the XML.
struct Surroundings {
    /// The path of `pool/volume` on the host, and whether it is a block device; nil for a plain path.
    let volume: (VolumeReference) throws(HostError) -> (path: String, isBlock: Bool)
    /// Targets of disks that a running guest has beside those of its definition: no new disk gets one of them.
    var takenTargets: Set<String> = []
    /// Words an error about a value that cannot be written.
    let purpose: Purpose
}

/// All lenses of a kind of object.
struct LensTable: Sendable {
    let fields: [Lens]
    let lists: [ListLens]
    /// Makes whole what single values cannot: chooses target names, fills in what must stand together.
    let finish: @Sendable (Element, borrowing Surroundings) -> Void
    private let fieldIndex: [Attribute: Lens]
    private let listIndex: [Attribute: ListLens]

    init(
        _ fields: [Lens], lists: [ListLens] = [],
        finish: @escaping @Sendable (Element, borrowing Surroundings) -> Void = { _, _ in }
    ) {
        // In the order of attributes, so that what is read comes in the order of its map.
        self.fields = fields.sorted { $0.attribute.ordinal < $1.attribute.ordinal }
        self.lists = lists.sorted { $0.key.ordinal < $1.key.ordinal }
        self.finish = finish
        let every = fields + lists.flatMap(\.fields)
        fieldIndex = Dictionary(every.map { ($0.attribute, $0) }, uniquingKeysWith: { first, _ in first })
        listIndex = Dictionary(uniqueKeysWithValues: lists.map { ($0.key, $0) })
    }

    /// All that the XML says of the table's attributes.
    func read(_ root: Element, into entries: inout [Attributes.Element]) {
        for lens in fields {
            if let value = lens.read(root) { entries.append((AttributePath(lens.attribute), value)) }
        }
        for list in lists {
            for element in list.elements(root) {
                guard let name = list.name(element) else { continue }
                for lens in list.fields {
                    if let value = lens.read(element) { entries.append((AttributePath(lens.attribute, name), value)) }
                }
            }
        }
    }

    /// Writes the values that belong to this table and leaves all else as it is.
    func write(_ set: Attributes, into root: Element, _ surroundings: borrowing Surroundings) throws(HostError) {
        for list in lists { try list.recognise(set, in: root, surroundings) }
        for (path, value) in set {
            guard let lens = fieldIndex[path.attribute] else { continue }
            guard let key = path.attribute.row.list, let list = listIndex[key] else {
                try lens.write(root, value, surroundings)
                continue
            }
            if value.isNull, path.attribute == key {
                list.element(named: path.item, in: root)?.remove()
            } else if let element = list.element(named: path.item, in: root) {
                try lens.write(element, value, surroundings)
            } else if !value.isNull {
                try lens.write(list.make(root, path.item), value, surroundings)
            }
        }
        finish(root, surroundings)
    }
}

extension Lens {
    /// An attribute of the element at the end of a path, as a text.
    static func word(_ attribute: Attribute, _ path: [StaticString] = [], _ name: StaticString) -> Lens {
        Lens(attribute) { element in
            element.descendant(path)?[name].map { .string($0) }
        } write: { element, value, _ in
            place(value.isNull ? nil : text(of: value), path, name, in: element)
        }
    }

    /// An attribute of the element at the end of a path, as a whole number.
    static func number(_ attribute: Attribute, _ path: [StaticString], _ name: StaticString) -> Lens {
        Lens(attribute) { element in
            element.descendant(path)?.integer(name).map { .integer($0) }
        } write: { element, value, _ in
            place(value.number.map { String($0) }, path, name, in: element)
        }
    }

    /// An element that is there or not.
    static func presence(_ attribute: Attribute, _ path: [StaticString]) -> Lens {
        Lens(attribute) { element in
            guard let found = element.descendant(path) else { return false }
            return .bool(!found.has("state", "off"))
        } write: { element, value, _ in
            if value.flag == true {
                element.ensure(path).set("state", nil)
            } else {
                element.descendant(path)?.remove()
            }
        }
    }

    /// The text of the element at the end of a path.
    static func text(_ attribute: Attribute, _ path: [StaticString]) -> Lens {
        Lens(attribute) { element in
            element.descendant(path).map { .string($0.text) }
        } write: { element, value, _ in
            if value.isNull || value.text?.isEmpty == true {
                element.descendant(path)?.remove()
            } else {
                element.ensure(path).set(text: text(of: value))
            }
        }
    }

    private static func place(_ value: String?, _ path: [StaticString], _ name: StaticString, in element: Element) {
        if let value {
            element.ensure(path).set(name, value)
        } else if let place = element.descendant(path) {
            place.set(name, nil)
            if !path.isEmpty, !place.hasAttributes, !place.hasChildElements { place.remove() }
        }
    }

    /// A value as XML has it.
    static func text(of value: Value) -> String {
        switch value {
        case .null: ""
        case .bool(let flag): flag ? "yes" : "no"
        case .integer(let number): String(number)
        case .string(let text): text
        case .list, .map: ""
        }
    }
}
