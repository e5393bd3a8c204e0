import CLibXML2
import Glibc

/// An element of a document, borrowed from it: not to be kept past the document's life.
struct Element {
    fileprivate let node: xmlNodePtr

    init(_ node: xmlNodePtr) { self.node = node }

    var name: String { String(cString: node.pointee.name) }

    func isNamed(_ name: StaticString) -> Bool { same(node.pointee.name, name) }

    /// The first child of that name.
    func child(_ name: StaticString) -> Element? {
        var next = node.pointee.children
        while let child = next {
            if child.pointee.type == XML_ELEMENT_NODE, same(child.pointee.name, name) { return Element(child) }
            next = child.pointee.next
        }
        return nil
    }

    /// The element at the end of a path of first children.
    func descendant(_ path: [StaticString]) -> Element? {
        var element = self
        for name in path {
            guard let child = element.child(name) else { return nil }
            element = child
        }
        return element
    }

    /// Every child of that name; they may be taken out on the way.
    func children(_ name: StaticString) -> [Element] {
        var result: [Element] = []
        var next = node.pointee.children
        while let child = next {
            if child.pointee.type == XML_ELEMENT_NODE, same(child.pointee.name, name) { result.append(Element(child)) }
            next = child.pointee.next
        }
        return result
    }

    var hasChildElements: Bool {
        var next = node.pointee.children
        while let child = next {
            if child.pointee.type == XML_ELEMENT_NODE { return true }
            next = child.pointee.next
        }
        return false
    }

    /// Nil for a root.
    var parent: Element? {
        node.pointee.parent.flatMap { $0.pointee.type == XML_ELEMENT_NODE ? Element($0) : nil }
    }

    var hasAttributes: Bool { node.pointee.properties != nil }

    /// The value of an attribute, whatever its namespace.
    subscript(attribute: StaticString) -> String? {
        bytes(of: attribute).map { String(cString: $0) }
    }

    func integer(_ attribute: StaticString) -> Int64? { bytes(of: attribute).flatMap(decimal) }

    /// Compares without making a string.
    func has(_ attribute: StaticString, _ value: StaticString) -> Bool {
        bytes(of: attribute).map { same($0, value) } ?? false
    }

    /// Its text, without that of its children.
    var text: String {
        guard let first = node.pointee.children else { return "" }
        if first.pointee.next == nil, first.pointee.type == XML_TEXT_NODE, let content = first.pointee.content {
            return String(cString: content)
        }
        var text = ""
        var next: xmlNodePtr? = first
        while let child = next {
            if child.pointee.type == XML_TEXT_NODE, let content = child.pointee.content {
                text += String(cString: content)
            }
            next = child.pointee.next
        }
        return text
    }

    /// The whole number that its text is.
    var integer: Int64? {
        guard let first = node.pointee.children, first.pointee.type == XML_TEXT_NODE else { return nil }
        return first.pointee.content.flatMap { decimal($0) }
    }

    /// Where its namespace is from.
    var namespace: String? { node.pointee.ns?.pointee.href.map { String(cString: $0) } }

    /// Its text as XML, and nothing round it.
    var xml: String {
        guard let buffer = xmlBufferCreate() else { return "" }
        defer { xmlBufferFree(buffer) }
        xmlNodeDump(buffer, node.pointee.doc, node, 0, 0)
        return xmlBufferContent(buffer).map { String(cString: $0) } ?? ""
    }

    var elements: [Element] {
        var result: [Element] = []
        var next = node.pointee.children
        while let child = next {
            if child.pointee.type == XML_ELEMENT_NODE { result.append(Element(child)) }
            next = child.pointee.next
        }
        return result
    }

    private func bytes(of attribute: StaticString) -> UnsafePointer<xmlChar>? {
        var next = node.pointee.properties
        while let property = next {
            if same(property.pointee.name, attribute) {
                guard let content = property.pointee.children?.pointee.content else { return emptyText }
                return UnsafePointer(content)
            }
            next = property.pointee.next
        }
        return nil
    }
}

extension Element {
    /// Gives the attribute a value, or takes it away.
    func set(_ attribute: StaticString, _ value: String?) {
        attribute.withUTF8Buffer { name in
            if let value {
                xmlSetProp(node, name.baseAddress, value)
            } else {
                xmlUnsetProp(node, name.baseAddress)
            }
        }
    }

    func set(_ attribute: StaticString, _ value: Int64) { set(attribute, String(value)) }

    /// Replaces everything in it by a text.
    func set(text: String) {
        xmlNodeSetContent(node, nil)
        if let text = xmlNewDocText(node.pointee.doc, text) { xmlAddChild(node, text) }
    }

    /// Adds an element at the end. Libvirt puts children in an order of its own.
    @discardableResult
    func add(_ name: StaticString, _ attributes: [(StaticString, String)] = []) -> Element {
        let element = name.withUTF8Buffer {
            Element(xmlNewDocNode(node.pointee.doc, node.pointee.ns, $0.baseAddress, nil))
        }
        xmlAddChild(node, element.node)
        for (name, value) in attributes { element.set(name, value) }
        return element
    }

    /// Adds an element of another namespace, which it declares itself.
    func add(_ name: String, namespace: String, prefix: String) -> Element {
        let element = Element(xmlNewDocNode(node.pointee.doc, nil, name, nil))
        xmlSetNs(element.node, xmlNewNs(element.node, namespace, prefix))
        xmlAddChild(node, element.node)
        return element
    }

    /// The child of that name, made where there is none.
    func ensure(_ name: StaticString) -> Element { child(name) ?? add(name) }

    func ensure(_ path: [StaticString]) -> Element {
        var element = self
        for name in path { element = element.ensure(name) }
        return element
    }

    /// Takes it out of its document, with all in it.
    func remove() {
        xmlUnlinkNode(node)
        xmlFreeNode(node)
    }

    func removeChildren(_ name: StaticString) {
        for child in children(name) { child.remove() }
    }

    /// Adds a copy of an element, of this or another document.
    @discardableResult
    func add(copyOf element: Element) -> Element {
        let copy = Element(xmlDocCopyNode(element.node, node.pointee.doc, 1))
        xmlAddChild(node, copy.node)
        return copy
    }
}

// Read only, and the same for the life of the process.
private nonisolated(unsafe) let emptyText: UnsafePointer<xmlChar> = {
    let text: StaticString = "\0"
    return text.utf8Start
}()

private func same(_ text: UnsafePointer<xmlChar>?, _ name: StaticString) -> Bool {
    guard let text else { return false }
    let start = name.utf8Start
    let count = name.utf8CodeUnitCount
    return strncmp(
        UnsafeRawPointer(text).assumingMemoryBound(to: CChar.self),
        UnsafeRawPointer(start).assumingMemoryBound(to: CChar.self), count) == 0 && text[count] == 0
}

/// A decimal number with nothing but spaces round it.
private func decimal(_ text: UnsafePointer<xmlChar>) -> Int64? {
    var text = text
    while isspace(Int32(text.pointee)) != 0 { text += 1 }
    var number: Int64 = 0
    var digits = 0
    let isNegative = text.pointee == UInt8(ascii: "-")
    if isNegative { text += 1 }
    while text.pointee >= UInt8(ascii: "0"), text.pointee <= UInt8(ascii: "9") {
        let (tens, first) = number.multipliedReportingOverflow(by: 10)
        let (sum, second) = tens.addingReportingOverflow(Int64(text.pointee) - 48)
        guard !first, !second else { return nil }
        number = sum
        digits += 1
        text += 1
    }
    while isspace(Int32(text.pointee)) != 0 { text += 1 }
    guard digits > 0, text.pointee == 0 else { return nil }
    return isNegative ? -number : number
}
