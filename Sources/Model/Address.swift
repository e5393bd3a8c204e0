/// The name of a resource in a stack: `Kind/namespace/name`, and for a part of one `Kind/namespace/name/disk/root`.
///
/// It is what state, plans and the command line call a resource; libvirt's own name and UUID are found from it.
package struct Address: Hashable, Comparable, Sendable, CustomStringConvertible {
    package let text: String

    package init(kind: String, namespace: String = Address.defaultNamespace, name: String, part: String? = nil) {
        text = part.map { "\(kind)/\(namespace)/\(name)/\($0)" } ?? "\(kind)/\(namespace)/\(name)"
    }

    /// Reads an address that somebody typed or that was written to a file. One without a namespace, as `description`
    /// writes it, means the default one: since a part is two words long, an even number of words has none.
    package init?(_ text: String) {
        // Bytes, not characters: there are many addresses in a state.
        let parts = text.utf8.split(separator: UInt8(ascii: "/"), omittingEmptySubsequences: false)
        guard parts.count >= 2, parts.allSatisfy({ !$0.isEmpty }) else { return nil }
        let words = parts.map { String(Substring($0)) }
        self.text =
            parts.count.isMultiple(of: 2)
            ? "\(words[0])/\(Address.defaultNamespace)/\(words.dropFirst().joined(separator: "/"))" : text
    }

    package static let defaultNamespace = "default"

    package var kind: Substring { component(0) }
    /// Whether it is a VMImage, or a version of one that was brought to a host.
    package var isOfImage: Bool { kind == "VMImage" }
    package var namespace: Substring { component(1) }
    package var name: Substring { component(2) }

    /// The resource that this one is a part of: the virtual machine of a disk. A whole resource is its own owner.
    package var owner: Address {
        let parts = text.split(separator: "/", maxSplits: 3)
        guard parts.count == 4 else { return self }
        return Address(kind: String(parts[0]), namespace: String(parts[1]), name: String(parts[2]))
    }

    package var isPart: Bool { owner != self }

    package func part(_ part: String) -> Address {
        Address(unchecked: "\(text)/\(part)")
    }

    /// As people read it: without the default namespace.
    package var description: String {
        let parts = text.split(separator: "/", maxSplits: 2)
        return parts.count == 3 && parts[1] == Address.defaultNamespace ? "\(parts[0])/\(parts[2])" : text
    }

    package static func < (left: Address, right: Address) -> Bool { left.text < right.text }

    private init(unchecked text: String) { self.text = text }

    private func component(_ index: Int) -> Substring {
        let parts = text.split(separator: "/", maxSplits: 3)
        return index < parts.count ? parts[index] : ""
    }
}
