import Model

private let stampNamespace = "https://rigaud.io/xmlns/1"

/// Whose a domain is, as it says itself.
func readStamp(_ domain: Element) -> Stamp? {
    for element in domain.child("metadata")?.children("stamp") ?? [] where element.namespace == stampNamespace {
        guard let lineage = element["lineage"].flatMap({ ObjectID($0) }), let address = element["address"].flatMap({ Address($0) })
        else { continue }
        return Stamp(lineage: lineage, address: address)
    }
    return nil
}

func writeStamp(_ stamp: Stamp, _ domain: Element) {
    let metadata = domain.ensure("metadata")
    for old in metadata.children("stamp") where old.namespace == stampNamespace { old.remove() }
    let element = metadata.add("stamp", namespace: stampNamespace, prefix: "rigaud")
    element.set("lineage", stamp.lineage.description)
    element.set("address", stamp.address.text)
}
