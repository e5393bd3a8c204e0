import Model

extension DesiredState {
    /// Has a version of an image that was brought be the one that it was, whatever its stack is called by now.
    ///
    /// The stack is part of a version's name, so that no two stacks on a host share a volume; without a Stack among
    /// the manifests it is called after its directory, which is another one wherever a pipeline checks it out.
    mutating func keepVersions(_ recorded: RecordedState) {
        let brought = recorded.records.values.filter(\.address.isOfImage).sorted { $0.address < $1.address }
        if brought.isEmpty { return }
        var versions: [Address: Record] = [:]
        /// By host, and by what manifests would call it.
        var volumes: [Address: [String: String]] = [:]
        for image in resources where image.address.isOfImage && recorded.records[image.address] == nil {
            guard case .image(let source)? = contents[image.address],
                let record = brought.first(where: { $0.isVersion(of: image, from: source) })
            else { continue }
            versions[image.address] = record
            volumes[image.object.host, default: [:]][image.object.volumeText] = record.object.volumeText
        }
        if versions.isEmpty { return }
        for index in resources.indices {
            let resource = resources[index]
            if let record = versions[resource.address] {
                resources[index] = Resource(
                    record.address, record.object, attributes: resource.attributes, needs: resource.needs,
                    isProtected: resource.isProtected, origin: resource.origin)
                contents[record.address] = contents.removeValue(forKey: resource.address)
            }
            resources[index].needs = resource.needs.map { versions[$0]?.address ?? $0 }
            for (path, setting) in resource.attributes where [.backing, .copy, .diskSource].contains(path.attribute) {
                guard let name = setting.value.text.flatMap({ volumes[resource.object.host]?[$0] }) else { continue }
                resources[index].attributes[path]?.value = .string(name)
            }
        }
        resources.sort { $0.address < $1.address }
    }
}

extension Record {
    /// Whether it has the same bytes, or the same place that they come from. What is masked in an address may differ.
    fileprivate func isVersion(of image: Resource, from source: ImageSource) -> Bool {
        func isSame(_ attribute: Attribute) -> Bool { attributes[attribute] == image.attributes[attribute]?.value }
        guard address.owner == image.address.owner, object.host == image.object.host, object.pool == image.object.pool,
            isSame(.volumeFormat), isSame(.checksum)
        else { return false }
        switch source.checksum {
        case .digest: return true
        case .list(let list):
            return isSame(.content) && attributes[.checksum] == .string(list)
                && attributes[.content] == .string(source.url)
        case nil: return isSame(.content) && attributes[.content] == .string(source.url)
        }
    }
}

extension ObjectReference {
    fileprivate var volumeText: String { "\(pool ?? "")/\(name)" }
}
