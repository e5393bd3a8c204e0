import Glibc
import Model

/// What a text must look like.
enum TextRule: Sendable {
    case any
    case nonEmpty
    /// A name as Kubernetes has them; dots are allowed.
    case name
    /// A name of libvirt's: anything but slashes and white space.
    case objectName
    case absolutePath
    case mac
    case address
    case addressV4
    /// An IP address, or nothing, which is DHCP's.
    case addressOrEmpty
    /// An address with the length of its prefix.
    case cidr
    /// A network with the length of its prefix.
    case network
    /// `pool/volume`, or an absolute path.
    case volume
    case uri
    /// An http, https or file URL.
    case imageURL
    /// Of a resource or a Provider, as plans have it.
    case resource
    /// Of a field, as plans have it, or of several.
    case fieldPattern
    case day

    /// What it asks for, to follow "is".
    var expectation: String {
        switch self {
        case .any: "a text"
        case .nonEmpty: "a text that is not empty"
        case .name: "a name of lower-case letters, digits, `-` and `.`, with a letter or digit at either end"
        case .objectName: "a name without slashes and white space"
        case .absolutePath: "an absolute path"
        case .mac: "a MAC address such as 52:54:00:12:34:56, not of a group"
        case .address: "an IP address"
        case .addressV4: "an IPv4 address"
        case .addressOrEmpty: "an IP address, or empty"
        case .network: "a network with its prefix, such as 192.0.2.0/24"
        case .cidr: "an IP address with its prefix, such as 192.0.2.1/24"
        case .volume: "a volume as `pool/volume`, or an absolute path"
        case .imageURL: "a URL such as https://host/image.qcow2 or file:///srv/image.qcow2"
        case .resource: "an address such as VirtualMachine/web or Provider/lab"
        case .fieldPattern: "the path of a field as plans have it, such as `vcpus`, `disks/*/cache` or `networks/lan/*`"
        case .day: "a day such as 2027-01-31"
        case .uri: "a libvirt URI such as qemu:///system, qemu+ssh://user@host/system or test:///default"
        }
    }

    /// For JSON Schema; nil where a pattern would say nothing.
    var pattern: String? {
        switch self {
        case .any, .address, .addressOrEmpty, .fieldPattern: nil
        case .resource: "^[A-Z][A-Za-z]*(/[^/]+)+$"
        case .day: "^[0-9]{4}-[0-9]{2}-[0-9]{2}$"
        case .nonEmpty: "."
        case .name: "^[a-z0-9]([-a-z0-9.]*[a-z0-9])?$"
        case .objectName: "^[^/\\s]+$"
        case .absolutePath: "^/"
        case .mac: "^([0-9A-Fa-f]{2}[:-]){5}[0-9A-Fa-f]{2}$"
        case .addressV4: "^[0-9]+\\.[0-9]+\\.[0-9]+\\.[0-9]+$"
        case .cidr, .network: "/[0-9]+$"
        case .volume: "^[^\\s]*/.+$"
        case .imageURL: "^(https?|file)://"
        case .uri: "^(qemu|test)(\\+[a-z0-9]+)?://"
        }
    }

    /// The text in its canonical form; nil where it is not what is asked for.
    func read(_ text: String) -> String? {
        switch self {
        case .any: text
        case .nonEmpty: text.isEmpty ? nil : text
        case .name: isName(text) ? text : nil
        case .objectName: isObjectName(text) ? text : nil
        case .absolutePath:
            text.utf8.first == UInt8(ascii: "/") && !hasLineBreak(text) ? plainPath(text) : nil
        case .mac: canonicalMAC(text)
        case .address: IPAddress(text)?.text
        case .addressV4: IPAddress(text).flatMap { $0.isV4 ? $0.text : nil }
        case .addressOrEmpty: text.isEmpty ? text : IPAddress(text)?.text
        case .cidr, .network: CIDR(text)?.text
        case .volume: readVolume(text)
        case .uri: isURI(text) ? text : nil
        case .imageURL: isImageURL(text) ? text : nil
        case .resource:
            Address(text).flatMap { address in Kind.all.contains { $0.name == address.kind } ? address.text : nil }
        case .fieldPattern: FieldPattern(text) == nil ? nil : text
        case .day: isDay(text) ? text : nil
        }
    }
}

/// Whether it is a name as Kubernetes has them, of at most 253 letters.
func isName(_ text: String) -> Bool {
    let bytes = text.utf8
    guard let first = bytes.first, let last = bytes.last, bytes.count <= 253 else { return false }
    func isAlphanumeric(_ byte: UInt8) -> Bool { byte >= 97 && byte <= 122 || byte >= 48 && byte <= 57 }
    return isAlphanumeric(first) && isAlphanumeric(last)
        && bytes.allSatisfy { isAlphanumeric($0) || $0 == UInt8(ascii: "-") || $0 == UInt8(ascii: ".") }
}

private func isObjectName(_ text: String) -> Bool {
    !text.isEmpty && text.utf8.count <= 255 && text != "." && text != ".."
        && text.utf8.allSatisfy { $0 > 0x20 && $0 != UInt8(ascii: "/") && $0 != 0x7F }
}

private func hasLineBreak(_ text: String) -> Bool { text.utf8.contains { $0 == 0x0A || $0 == 0x0D } }

/// Without the slashes that mean nothing, as libvirt keeps it; nil for the root itself.
private func plainPath(_ text: String) -> String? {
    let path = "/" + text.split(separator: "/").joined(separator: "/")
    return path == "/" ? nil : path
}

private func readVolume(_ text: String) -> String? {
    if text.hasPrefix("/") { return TextRule.absolutePath.read(text) }
    let parts = text.split(separator: "/", omittingEmptySubsequences: false)
    return parts.count == 2 && parts.allSatisfy({ isObjectName(String($0)) }) ? text : nil
}

/// In lower case with colons; nil for a multicast address, which no interface can have.
private func canonicalMAC(_ text: String) -> String? {
    let parts = text.split(omittingEmptySubsequences: false) { $0 == ":" || $0 == "-" }
    guard parts.count == 6, parts.allSatisfy({ $0.utf8.count == 2 && $0.allSatisfy(\.isHexDigit) }),
        let first = UInt8(parts[0], radix: 16), first & 1 == 0
    else { return nil }
    return parts.joined(separator: ":").lowercased()
}

private func isImageURL(_ text: String) -> Bool {
    let schemes = ["https://", "http://", "file:///"]
    guard let scheme = schemes.first(where: text.hasPrefix) else { return false }
    let place = text.dropFirst(scheme.count).prefix { !"/?#".contains($0) }
    return text.utf8.count > scheme.utf8.count && text.utf8.count <= 4096
        && text.utf8.allSatisfy { $0 > 0x20 && $0 != 0x7F } && (scheme == "file:///" || hasGoodPort(place))
}

/// Whether what follows on a host, with a login before it or not, is nothing or a port.
private func hasGoodPort(_ place: Substring) -> Bool {
    let host = place.split(separator: "@", omittingEmptySubsequences: false).last ?? place
    guard let colon = host.lastIndex(of: ":"), !host.hasSuffix("]") else { return !host.isEmpty }
    let port = host[host.index(after: colon)...]
    return colon != host.startIndex && port.utf8.allSatisfy { $0 >= 48 && $0 <= 57 }
        && (port.isEmpty || Int(port).map { (1...65535).contains($0) } ?? false)
}

private func isURI(_ text: String) -> Bool {
    guard let colon = text.range(of: "://") else { return false }
    let scheme = text[..<colon].split(separator: "+", maxSplits: 1, omittingEmptySubsequences: false)
    guard let driver = scheme.first, driver == "qemu" || driver == "test" else { return false }
    let hasTransport =
        scheme.count < 2
        || (!scheme[1].isEmpty && scheme[1].utf8.allSatisfy { $0 >= 97 && $0 <= 122 || $0 >= 48 && $0 <= 57 })
    return hasTransport && text.utf8.allSatisfy { $0 > 0x20 && $0 != 0x7F }
}

extension String {
    /// The first place of a text in it: its start.
    fileprivate func range(of text: String) -> String.Index? {
        var index = startIndex
        while index < endIndex {
            if self[index...].hasPrefix(text) { return index }
            index = self.index(after: index)
        }
        return nil
    }
}
