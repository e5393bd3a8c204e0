package import Model

/// A value as people read it: sizes in binary units, yes and no, lists with commas.
package func text(of value: Value, for attribute: Attribute) -> String {
    switch value {
    case .null: "none"
    case .bool(let flag): flag ? "yes" : "no"
    case .integer(let number): attribute.row.unit == .bytes ? sizeText(number) : String(number)
    case .string(let text): text.isEmpty ? "\"\"" : text.oneLine
    case .list(let items): items.map { Reports.text(of: $0, for: attribute) }.joined(separator: ", ")
    case .map(let members):
        members.sorted { $0.key < $1.key }
            .map { "\($0.key.printable) \(Reports.text(of: $0.value, for: attribute))" }.joined(separator: ", ")
    }
}

extension FieldChange {
    /// What it will be, for people.
    package var afterText: String { (isLeast ? "at least " : "") + text(of: after, for: path.attribute) }

    /// Whether it is a maximum that goes where its value goes, which tells it too.
    fileprivate func merelyFollows(in fields: [FieldChange]) -> Bool {
        let value: Attribute? =
            switch path.attribute {
            case .maximumVCPUs: .vcpus
            case .maximumMemory: .memory
            default: nil
            }
        guard let value else { return false }
        return fields.contains { ($0.path.attribute, $0.before, $0.after) == (value, before, after) }
    }
}

extension [FieldChange] {
    /// Without a maximum that merely follows its value.
    package var visible: [FieldChange] { filter { !$0.merelyFollows(in: self) } }
}

/// Bytes in the largest binary unit that says them exactly, or to one decimal place.
package func sizeText(_ bytes: Int64) -> String {
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

extension AttributePath {
    /// Its name in a plan: `memory`, `disk root cache`, `nic lan`.
    package var label: String {
        switch attribute {
        case .savedState: "saved state"
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

extension Change {
    /// Without a maximum that merely follows its value, and with what each costs.
    func visible(_ disruptions: [Disruption]) -> [(field: FieldChange, disruption: Disruption)] {
        zip(fields, disruptions).filter { field, _ in !field.merelyFollows(in: fields) }
            .map { (field: $0, disruption: $1) }
    }

    /// What stands before its name, so that nothing rests on colour.
    var symbol: String {
        switch action {
        case .create: cause == .drift ? "!" : "+"
        case .update: cause == .config ? "~" : "!"
        case .replace: "±"
        case .delete: "-"
        case .adopt: "="
        case .forget: "·"
        }
    }

    /// Where in the manifests it comes from.
    var origin: SourceLocation? { fields.lazy.compactMap(\.origin).first ?? desired?.origin }
}
