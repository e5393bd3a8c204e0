extension Recognition {
    /// Why something is no image of a disk at all; nil where it may be one. QEMU's own formats that may name other files
    /// and that nobody publishes are among them.
    static func notAnImage(_ head: HeaderBytes) -> String? {
        if isMarkup(head) {
            return
                "A web page came instead of an image. The server may want a login, or the URL is that of a page which "
                + "links to the image."
        }
        if head.has("ustar", at: 257) {
            return "It is a tar archive. An OVA is one too: unpack it, and give the URL of the disk in it."
        }
        for (magic, name) in archives where head.has(magic) {
            return "It is \(name). Unpack it, and give the URL of the disk in it."
        }
        for (magic, name) in packings where head.has(magic) {
            return "It is packed with \(name). gzip, xz, zstd and bzip2 are unpacked."
        }
        for (magic, name) in formats where head.has(magic) {
            return "It is \(name), which is not supported. qcow2, raw, VMDK, VDI, VHD, VHDX and ISO images are."
        }
        if isDescriptor(head) {
            return
                "It is the description of a VMDK image, and its content is in other files. Give the URL of one that has "
                + "it all in itself (monolithicSparse or streamOptimized)."
        }
        return nil
    }

    private static let archives: [([UInt8], String)] = [
        (Array("PK".utf8) + [3, 4], "a zip archive"), (Array("PK".utf8) + [5, 6], "an empty zip archive"),
        ([0x37, 0x7a, 0xbc, 0xaf, 0x27, 0x1c], "a 7z archive"), (Array("Rar!".utf8) + [0x1a, 7], "a rar archive"),
    ]

    private static let packings: [([UInt8], String)] = [
        ([0x04, 0x22, 0x4d, 0x18], "lz4"), (Array("LZIP".utf8) + [1], "lzip"),
        ([0x89, 0x4c, 0x5a, 0x4f, 0, 0x0d, 0x0a, 0x1a, 0x0a], "lzop"), ([0x1f, 0x9d], "compress"),
    ]

    private static let formats: [([UInt8], String)] = [
        (Array("COWD".utf8), "a VMDK image of an ESX host"), (Array("QED".utf8) + [0], "a QED image"),
        (Array("WithoutFreeSpace".utf8), "a Parallels image"), (Array("WithouFreSpacExt".utf8), "a Parallels image"),
    ]

    private static func isMarkup(_ head: HeaderBytes) -> Bool {
        var text = head.bytes[...]
        if text.starts(with: [0xef, 0xbb, 0xbf]) { text = text.dropFirst(3) }
        text = text.drop { [0x20, 0x09, 0x0a, 0x0d].contains($0) }
        let start = String(decoding: text.prefix(16), as: UTF8.self).lowercased()
        return ["<!doctype", "<html", "<head", "<?xml"].contains { start.hasPrefix($0) }
    }

    private static func isDescriptor(_ head: HeaderBytes) -> Bool {
        guard head.has("#") else { return false }
        return String(decoding: head.bytes.prefix(64), as: UTF8.self).lowercased().hasPrefix("# disk descriptorfile")
    }
}
