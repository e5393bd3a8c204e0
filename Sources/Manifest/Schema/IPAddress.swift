import Glibc

/// An IPv4 or IPv6 address, in network order.
struct IPAddress: Hashable, Comparable, Sendable {
    let bytes: [UInt8]

    init(bytes: [UInt8]) { self.bytes = bytes }

    init?(_ text: String) {
        var buffer = [UInt8](repeating: 0, count: 16)
        if inet_pton(AF_INET, text, &buffer) == 1 {
            bytes = Array(buffer[..<4])
        } else if inet_pton(AF_INET6, text, &buffer) == 1 {
            bytes = buffer
        } else {
            return nil
        }
    }

    var isV4: Bool { bytes.count == 4 }

    /// Whether it is of the link alone (`fe80::/10`, RFC 4291), where every interface is, whatever its other addresses.
    var isOfLink: Bool { !isV4 && bytes[0] == 0xFE && bytes[1] & 0xC0 == 0x80 }

    /// As the system writes it, which is one way for each address.
    var text: String {
        var buffer = [CChar](repeating: 0, count: 46)
        guard inet_ntop(isV4 ? AF_INET : AF_INET6, bytes, &buffer, 46) != nil else { return "" }
        return String(decoding: buffer.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }, as: UTF8.self)
    }

    static func < (left: IPAddress, right: IPAddress) -> Bool {
        left.bytes.lexicographicallyPrecedes(right.bytes)
    }
}

/// An address with the length of its prefix.
struct CIDR: Hashable, Sendable {
    let address: IPAddress
    let prefix: Int

    init?(_ text: String) {
        let parts = text.split(separator: "/", omittingEmptySubsequences: false)
        guard parts.count == 2, let address = IPAddress(String(parts[0])), let prefix = Int(parts[1]),
            (0...(address.isV4 ? 32 : 128)).contains(prefix)
        else { return nil }
        self.address = address
        self.prefix = prefix
    }

    var text: String { "\(address.text)/\(prefix)" }

    /// The lowest address of the network that it is in.
    var lowest: IPAddress {
        IPAddress(
            bytes: address.bytes.enumerated().map { index, byte in
                byte & UInt8(truncatingIfNeeded: 0xFF00 >> min(8, max(0, prefix - 8 * index)))
            })
    }

    /// Whether an address lies in the network that this one is in.
    func contains(_ other: IPAddress) -> Bool {
        guard other.bytes.count == address.bytes.count else { return false }
        for (index, pair) in zip(address.bytes, other.bytes).enumerated() {
            let bits = min(8, max(0, prefix - 8 * index))
            let mask = UInt8(truncatingIfNeeded: 0xFF00 >> bits)
            if pair.0 & mask != pair.1 & mask { return false }
        }
        return true
    }
}
