/// Attributes of one resource in the order of their paths. Small, flat and without a hash table: there are many of them.
///
/// Inlinable, so that the other modules have it made for their own payloads: they go through every attribute of every object.
package struct AttributeMap<Payload> {
    package typealias Element = (path: AttributePath, value: Payload)
    @usableFromInline var entries: [Element] = []

    @inlinable package init() {}

    @inlinable package init(_ elements: some Sequence<Element>) {
        entries = Array(elements)
        // What is read or written in order, which is most, needs no sorting.
        let isOrdered = entries.indices.dropFirst().allSatisfy { entries[$0 - 1].path < entries[$0].path }
        if !isOrdered { entries.sort { $0.path < $1.path } }
    }

    /// Takes over what is in the order of its paths already, each once.
    @inlinable package init(ordered entries: [Element]) { self.entries = entries }

    @inlinable package subscript(path: AttributePath) -> Payload? {
        get {
            let index = insertionIndex(of: path)
            return index < entries.count && entries[index].path == path ? entries[index].value : nil
        }
        set {
            let index = insertionIndex(of: path)
            let present = index < entries.count && entries[index].path == path
            switch (newValue, present) {
            case (let value?, true): entries[index].value = value
            case (let value?, false): entries.insert((path, value), at: index)
            case (nil, true): entries.remove(at: index)
            case (nil, false): break
            }
        }
    }

    @inlinable package subscript(attribute: Attribute, item: String = "") -> Payload? {
        get { self[AttributePath(attribute, item)] }
        set { self[AttributePath(attribute, item)] = newValue }
    }

    /// The items of a list that have this attribute: the names of the disks for `diskSource`.
    @inlinable package func items(of attribute: Attribute) -> [String] {
        entries.filter { $0.path.attribute == attribute }.map(\.path.item)
    }

    @inlinable package func mapValues<Other>(_ transform: (Payload) -> Other) -> AttributeMap<Other> {
        var result = AttributeMap<Other>()
        result.entries = entries.map { ($0.path, transform($0.value)) }
        return result
    }

    @inlinable func insertionIndex(of path: AttributePath) -> Int {
        var low = 0
        var high = entries.count
        while low < high {
            let middle = (low + high) / 2
            if entries[middle].path < path { low = middle + 1 } else { high = middle }
        }
        return low
    }
}

extension AttributeMap: RandomAccessCollection {
    @inlinable package func makeIterator() -> IndexingIterator<[Element]> { entries.makeIterator() }
    @inlinable package var startIndex: Int { 0 }
    @inlinable package var endIndex: Int { entries.count }
    @inlinable package subscript(position: Int) -> Element { entries[position] }
}

extension AttributeMap: Sendable where Payload: Sendable {}

extension AttributeMap: Equatable where Payload: Equatable {
    @inlinable package static func == (left: Self, right: Self) -> Bool {
        guard left.entries.count == right.entries.count else { return false }
        return left.entries.indices.allSatisfy { index in
            left.entries[index].path == right.entries[index].path
                && left.entries[index].value == right.entries[index].value
        }
    }
}

extension AttributeMap: Hashable where Payload: Hashable {
    @inlinable package func hash(into hasher: inout Hasher) {
        for entry in entries {
            hasher.combine(entry.path)
            hasher.combine(entry.value)
        }
    }
}

/// Values without their origin: as recorded, or as observed.
package typealias Attributes = AttributeMap<Value>
