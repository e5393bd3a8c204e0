import CLibXML2
import Glibc
import Model

/// Parses XML that libvirt gave us: nothing is fetched, no entity is expanded, and the size has a limit.
///
/// Keeps libxml2's dictionary of names from one document to the next. For one thread.
struct Parser: ~Copyable {
    /// Bytes: libvirt's own limit of a string in an answer is 4 MiB.
    static let maximumSize = 32 << 20

    private let context: xmlParserCtxtPtr?

    init() {
        Library.prepare()
        context = xmlNewParserCtxt()
    }

    deinit { xmlFreeParserCtxt(context) }

    /// Nil where the bytes are no XML, or have a document type, which libvirt never writes.
    func document(_ bytes: UnsafePointer<CChar>, count: Int) -> Document? {
        guard count <= Parser.maximumSize, let context else { return nil }
        let options = XML_PARSE_NONET.rawValue | XML_PARSE_NOERROR.rawValue | XML_PARSE_NOWARNING.rawValue
            | XML_PARSE_NOCDATA.rawValue | XML_PARSE_COMPACT.rawValue
        guard let pointer = xmlCtxtReadMemory(context, bytes, Int32(count), nil, nil, Int32(options)) else { return nil }
        let document = Document(pointer)
        guard pointer.pointee.intSubset == nil, pointer.pointee.extSubset == nil,
            xmlDocGetRootElement(pointer) != nil
        else { return nil }
        return document
    }

    func document(_ text: borrowing CText) -> Document? { document(text.pointer, count: text.count) }

    func document(_ text: String) -> Document? {
        guard let copy = strdup(text) else { return nil }
        return document(CText(copy))
    }
}

/// A tree of XML, and its one owner. Elements are good for as long as it lives.
struct Document: ~Copyable {
    private let pointer: xmlDocPtr

    fileprivate init(_ pointer: xmlDocPtr) { self.pointer = pointer }

    deinit { xmlFreeDoc(pointer) }

    /// The parser lets no document through without one.
    var root: Element { Element(xmlDocGetRootElement(pointer)) }

    /// Its text, encoded in UTF-8.
    var xml: String {
        var bytes: UnsafeMutablePointer<xmlChar>?
        var count: Int32 = 0
        xmlDocDumpMemoryEnc(pointer, &bytes, &count, "UTF-8")
        guard let bytes else { return "" }
        defer { rigaud_xml_free(bytes) }
        return String(decoding: UnsafeBufferPointer(start: bytes, count: Int(count)), as: UTF8.self)
    }
}
