import Model

/// The alias of the user's that carries the name of a device in the manifest. Libvirt keeps letters, digits, `-` and `_` in one and
/// drops an alias with anything else (https://libvirt.org/formatdomain.html#devices): the dots of a name, which has no `_`, are
/// written as that.
struct DeviceAlias: Sendable {
    static let disk = DeviceAlias(prefix: "ua-disk-")
    static let interface = DeviceAlias(prefix: "ua-nic-")

    let prefix: String

    /// Nil where the device has no alias of ours.
    func name(of device: Element) -> String? {
        alias(of: device).map { text(of: $0[...].utf8.dropFirst(prefix.utf8.count), "_", as: ".") }
    }

    func set(_ name: String, of device: Element) {
        device.ensure("alias").set("name", prefix + text(of: name[...].utf8, ".", as: "_"))
    }

    func recognition(by attribute: Attribute) -> Recognition {
        Recognition(attribute: attribute, isNamed: { alias(of: $0) != nil }, name: { set($1, of: $0) })
    }

    private func alias(of device: Element) -> String? {
        guard let alias = device.child("alias")?["name"], alias.hasPrefix(prefix) else { return nil }
        return alias
    }

    private func text(of bytes: Substring.UTF8View, _ letter: Unicode.Scalar, as other: Unicode.Scalar) -> String {
        let (letter, other) = (UInt8(ascii: letter), UInt8(ascii: other))
        return String(decoding: bytes.map { $0 == letter ? other : $0 }, as: UTF8.self)
    }
}
