import Crypto
package import Model

/// Gives every object its UUID and every interface its MAC, before anything is made: whether a step was done is then one
/// look-up. What is recorded wins. Without a lineage (a plan before the first apply) nothing is filled in, since the
/// values would not be those of the apply. Likewise without the key of the state: seeds are named by it.
package func identify(
    _ desired: DesiredState, lineage: ObjectID?, recorded: RecordedState, key: SensitiveKey? = nil
) -> DesiredState {
    guard let lineage else { return desired }
    var result = desired
    result.keepVersions(recorded)
    var taken = takenMACs(desired, recorded)
    for index in result.resources.indices {
        let resource = result.resources[index]
        let record = recorded.records[resource.address]
        if resource.object.kind != .volume, resource.object.id == nil {
            let former = record?.object.kind == resource.object.kind ? record?.object.id : nil
            result.resources[index].object.id = former ?? derivedID(lineage, resource.address.text)
        }
        guard resource.object.kind == .domain else { continue }
        for item in resource.attributes.items(of: .nicSource) where resource.attributes[.nicMAC, item] == nil {
            let mac = record?.attributes[.nicMAC, item]?.text ?? freeMAC(lineage, resource.address, item, &taken)
            result.resources[index].attributes[.nicMAC, item] = Setting(.string(mac))
        }
    }
    if let key { result.nameContents(by: key) }
    return result
}

/// The UUID of a name within a lineage: version 5 of RFC 9562.
package func derivedID(_ lineage: ObjectID, _ name: String) -> ObjectID {
    let id = ObjectID(bytes: nameHash(lineage, name))
    return ObjectID(high: id.high & ~0xF000 | 0x5000, low: id.low & ~(0b11 << 62) | 0b10 << 62)
}

/// A MAC within QEMU's and KVM's range (52:54:00), from the hash of the lineage, the address and the interface's name.
///
/// Three bytes of a hash are not many: among 5,000 interfaces two will have the same. One that is taken in this stack is
/// passed over for the hash of the name with a number.
private func freeMAC(_ lineage: ObjectID, _ address: Address, _ item: String, _ taken: inout Set<String>) -> String {
    var attempt = 0
    while true {
        let name = "\(address.text)/networks/\(item)" + (attempt == 0 ? "" : "#\(attempt)")
        let hash = nameHash(lineage, name)
        let mac = "52:54:00:" + hash.prefix(3).map { hexadecimal([$0]) }.joined(separator: ":")
        // After so many attempts the range is as good as full; libvirt refuses a real clash.
        if taken.insert(mac).inserted || attempt == 64 { return mac }
        attempt += 1
    }
}

/// The addresses that manifests name and that records hold: they are nobody else's.
private func takenMACs(_ desired: DesiredState, _ recorded: RecordedState) -> Set<String> {
    var taken: Set<String> = []
    for record in recorded.records.values where record.object.kind == .domain {
        for (path, value) in record.attributes where path.attribute == .nicMAC {
            if let mac = value.text { taken.insert(mac.lowercased()) }
        }
    }
    for resource in desired.resources where resource.object.kind == .domain {
        for (path, setting) in resource.attributes where path.attribute == .nicMAC {
            if let mac = setting.value.text { taken.insert(mac.lowercased()) }
        }
    }
    return taken
}

private func nameHash(_ lineage: ObjectID, _ name: String) -> [UInt8] {
    var hash = Insecure.SHA1()
    hash.update(data: lineage.bytes)
    hash.update(data: Array(name.utf8))
    return Array(hash.finalize())
}
