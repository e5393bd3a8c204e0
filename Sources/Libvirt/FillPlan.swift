import Model

/// What is to become of an image in a pool.
struct FillPlan: Hashable, Sendable {
    let layout: ImageLayout
    /// The volume's format, as libvirt will show it.
    let format: String
    /// The image comes under another name, and the host makes the volume of it.
    let isConverted: Bool
    /// The pool's volumes are devices, which have their size from the start and no format.
    let isBlock: Bool
    /// Another volume beside it says that it is not whole yet.
    var isMarked: Bool { isConverted || isBlock }

    init(_ layout: ImageLayout, wanted: String?, isBlock: Bool, _ purpose: Purpose) throws(HostError) {
        self.layout = layout
        self.isBlock = isBlock
        let isRaw = layout.format == .raw || layout.format == .iso
        let wanted = wanted ?? layout.format.rawValue
        isConverted = wanted != layout.format.rawValue && !(isRaw && (wanted == "raw" || wanted == "iso"))
        format = isConverted ? wanted : layout.format.rawValue
        if isBlock, !isRaw || isConverted {
            throw purpose.error(
                .unsupported,
                "The volumes of its pool are devices and hold raw images only; this one is "
                    + "\(layout.format.rawValue). Convert it first, or name a pool of files.",
                command: "qemu-img convert -O raw '\(layout.path)' image.raw")
        }
        if layout.format == .iso, wanted != "iso", wanted != "raw" {
            throw purpose.error(
                .unsupported,
                "\(layout.path) is an install medium (ISO 9660) and not a disk. Say `format: iso` in its VMImage, and machines "
                    + "have it in a drive beside an empty disk; or `format: raw`, if a machine is to start from it as a disk."
            )
        }
        // Bytes are stored as they are, whatever they are; but libvirt must know what it shows and converts.
        if layout.format == .vhdx {
            throw purpose.error(
                .unsupported,
                "\(layout.path) is a VHDX image, which libvirt does not know. Convert it, and give the image that comes of "
                    + "it.",
                command: "qemu-img convert -O qcow2 '\(layout.path)' image.qcow2")
        }
    }

    /// The volume that the image is sent into. Of a file's size nothing is there before its bytes are: a raw image is
    /// known to be whole by its length.
    func definition(of name: String, isPrivate: Bool) -> String {
        definition(of: name, as: "raw", capacity: isBlock ? layout.length : 0, isPrivate: isPrivate)
    }

    func definition(of name: String, as format: String, capacity: Int64, isPrivate: Bool) -> String {
        let permissions = isPrivate ? "<permissions><mode>0600</mode></permissions>" : ""
        let type =
            isBlock ? "" : "<format type='\(escaped(format))'/>" + (format == "qcow2" ? "<compat>1.1</compat>" : "")
        return "<volume><name>\(escaped(name))</name><capacity unit='bytes'>\(capacity)</capacity>"
            + "\(isBlock ? "" : "<allocation>0</allocation>")<target>\(type)\(permissions)</target></volume>"
    }

    /// Whether a volume of that size has all of the image, and has been grown perhaps.
    func accepts(_ found: Int64, atLeast wanted: Int64?) -> Bool {
        FillPlan.agree(found, layout.capacity, of: layout.format, isBlock: isBlock)
            || wanted.map { $0 > layout.capacity && found == $0 } == true
    }

    /// A device is as large as its pool's extents make it; everything else counts in sectors, and a VHD in cylinders.
    static func agree(_ found: Int64, _ expected: Int64, of format: ImageFormat, isBlock: Bool) -> Bool {
        if isBlock { return found >= expected }
        let slack: Int64 = format == .vpc ? 16 * 255 * 512 : 511
        return abs(found - expected) <= slack
    }
}
