import Model

/// A value as people read it: sizes in binary units, yes and no, lists with commas.
func text(of value: Value, for attribute: Attribute) -> String {
    switch value {
    case .null: "none"
    case .bool(let flag): flag ? "yes" : "no"
    case .integer(let number): attribute.row.unit == .bytes ? sizeText(number) : String(number)
    case .string(let text):
        text.isEmpty ? "\"\"" : text.split(whereSeparator: \.isNewline).joined(separator: " ⏎ ").printable
    case .list(let items): items.map { CLI.text(of: $0, for: attribute) }.joined(separator: ", ")
    case .map(let members):
        members.sorted { $0.key < $1.key }.map { "\($0.key) \(CLI.text(of: $0.value, for: attribute))" }
            .joined(separator: ", ")
    }
}

/// Bytes in the largest binary unit that says them exactly, or to one decimal place.
func sizeText(_ bytes: Int64) -> String {
    let units = ["B", "KiB", "MiB", "GiB", "TiB", "PiB"]
    var unit = 0
    var size: Int64 = 1
    while unit < units.count - 1, bytes.magnitude >= (size << 10).magnitude {
        size <<= 10
        unit += 1
    }
    if bytes % size == 0 { return "\(bytes / size) \(units[unit])" }
    let tenths = (Double(bytes) / Double(size) * 10).rounded()
    return "\(Int(tenths) / 10).\(Int(tenths) % 10) \(units[unit])"
}

/// A span of time as people read it.
func durationText(_ duration: Duration) -> String {
    let seconds = Double(duration.components.seconds) + Double(duration.components.attoseconds) / 1e18
    if seconds < 1 { return "\(Int(seconds * 1000)) ms" }
    if seconds < 60 { return "\(Int(seconds)).\(Int(seconds * 10) % 10) s" }
    return "\(Int(seconds) / 60) min \(Int(seconds) % 60) s"
}

func counted(_ count: Int, _ noun: String, plural: String? = nil) -> String {
    "\(count) \(count == 1 ? noun : plural ?? noun + "s")"
}

extension AttributePath {
    /// Its name in a plan: `memory`, `disk root cache`, `nic lan`.
    var label: String {
        switch attribute {
        case .maximumVCPUs: "vcpus maximum"
        case .maximumMemory: "memory maximum"
        case .diskSource: "disk \(item)"
        case .diskDevice, .diskFormat, .diskBus, .diskCache, .diskIO, .diskCapacity: "disk \(item) \(lastWord)"
        case .nicSource: "nic \(item)"
        case .nicMAC, .nicModel: "nic \(item) \(lastWord)"
        case .content: "from"
        case .bootDevices: "boot order"
        case .timer: "timer \(item)"
        case .addressPrefix: "address \(item)"
        case .dhcpRanges: "dhcp \(item)"
        case .dhcpHost: "dhcp host \(item)"
        case .dnsHost: "dns host \(item)"
        default: description.split(separator: "/").joined(separator: " ")
        }
    }

    private var lastWord: Substring { attribute.rawValue.split(separator: "/").last ?? "" }
}
