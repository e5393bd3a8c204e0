/// Whether two values of an attribute mean the same on a host.
///
/// The rules are those of the attribute's row; what libvirt makes of a value by itself must not show as a change.
package func areSame(_ left: Value?, _ right: Value?, for attribute: Attribute, on host: ObservedHost) -> Bool {
    let (left, right) = (left ?? .null, right ?? .null)
    if left == right { return true }
    switch attribute.row.comparison {
    case .exact, .recorded: return false
    case .ignoringCase: return left.text?.lowercased() == right.text?.lowercased() && left.text != nil
    case .machine: return isMachine(left, aliasOf: right) || isMachine(right, aliasOf: left)
    case .volume:
        guard let left = left.text, let right = right.text, let path = host.path(ofVolume: left) else { return false }
        return path == host.path(ofVolume: right)
    case .absentMeans(let value): return (left.isNull && right == value) || (right.isNull && left == value)
    case .unordered:
        guard let left = left.items, let right = right.items, left.count == right.count else { return false }
        var counts: [Value: Int] = [:]
        for item in left { counts[item, default: 0] += 1 }
        for item in right { counts[item, default: 0] -= 1 }
        return counts.values.allSatisfy { $0 == 0 }
    }
}

/// QEMU's aliases: `pc` is the newest `pc-i440fx-N`, `q35` the newest `pc-q35-N`.
private func isMachine(_ alias: Value, aliasOf machine: Value) -> Bool {
    guard let alias = alias.text, let machine = machine.text else { return false }
    switch alias {
    case "pc": return machine.hasPrefix("pc-i440fx-")
    case "q35": return machine.hasPrefix("pc-q35-")
    default: return machine.hasPrefix("\(alias)-")
    }
}
