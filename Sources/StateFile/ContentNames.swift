package import Model

extension DesiredState {
    /// Names the volumes of seeds and Ignition configurations by what is in them: another content is another volume, and
    /// cloud-init's instance. What is in them may be secret, so that the digest is one under the state's key.
    mutating func nameContents(by key: SensitiveKey) {
        let named = contents.filter { $0.value.isNamedByContent }
        guard !named.isEmpty else { return }
        let positions = Dictionary(uniqueKeysWithValues: resources.indices.map { (resources[$0].address, $0) })
        for (address, content) in named.sorted(by: { $0.key < $1.key }) {
            guard let volume = positions[address], let machine = positions[address.owner] else { continue }
            let digest = name(content, at: address, volume: volume, machine: machine, by: key)
            if case .seed(let seed) = content, seed.policy == .replace,
                let disk = positions[address.owner.part("disk/root")]
            {
                resources[disk].attributes[.seed] = Setting(.string(digest), at: resources[volume].origin)
            }
        }
        resources.sort { $0.address < $1.address }
    }

    private mutating func name(
        _ content: VolumeContent, at address: Address, volume: Int, machine: Int, by key: SensitiveKey
    ) -> String {
        var content = content
        if case .seed(var seed) = content {
            for index in seed.networks.indices {
                seed.networks[index].mac =
                    resources[machine].attributes[.nicMAC, seed.networks[index].item]?.value.text?.lowercased()
            }
            content = .seed(seed)
        }
        let digest = key.fingerprint(content.inputs, of: address.owner)
        if case .seed(var seed) = content {
            seed.digest = digest
            content = .seed(seed)
        }
        let word = address.text.dropFirst(address.owner.text.utf8.count + 1).prefix { $0 != "/" }
        let new = address.owner.part("\(word)/\(digest)")
        let former = resources[volume]
        let name = former.object.name.named(digest)
        let source = "\(former.object.pool ?? "")/\(name)"
        resources[volume] = Resource(
            new, ObjectReference(.volume, host: former.object.host, name: name, pool: former.object.pool),
            attributes: former.attributes, needs: former.needs, isProtected: former.isProtected, origin: former.origin)
        contents[address] = nil
        contents[new] = content
        resources[machine].needs = resources[machine].needs.map { $0 == address ? new : $0 }
        let path =
            if case .seed = content { AttributePath(.diskSource, Seed.drive) } else { AttributePath(.ignition) }
        resources[machine].attributes[path]?.value = .string(source)
        return digest
    }
}

extension String {
    /// `web-seed.iso` with a digest: `web-seed-1f3a….iso`.
    fileprivate func named(_ digest: String) -> String {
        guard let dot = lastIndex(of: ".") else { return "\(self)-\(digest)" }
        return "\(self[..<dot])-\(digest)\(self[dot...])"
    }
}

extension VolumeContent {
    /// Whether the name of its volume needs the key of the state.
    package var isNamedByContent: Bool { if case .image = self { false } else { true } }

    /// All that it is made of, each part with its length, so that no two contents look alike.
    fileprivate var inputs: Secret {
        var bytes: [UInt8] = []
        func add(_ text: String) { add(Array(text.utf8)) }
        func add(_ part: [UInt8]) {
            bytes += Array("\(part.count):".utf8) + part
        }
        switch self {
        case .image(let source): add(source.url)
        case .ignition(let content): content.reveal { add($0) }
        case .seed(let seed):
            add(seed.hostName)
            for part in [seed.userData, seed.metaData, seed.networkConfig] { part?.reveal { add($0) } ?? add("") }
            for key in seed.sshPublicKeys { add(key) }
            for network in seed.networks {
                add(network.item)
                add(network.mac ?? "")
                for texts in [network.addresses, network.gateways, network.nameServers, network.searchDomains] {
                    add(texts.joined(separator: ","))
                }
                for route in network.routes { add("\(route.to) \(route.via) \(route.metric ?? -1)") }
                add("\(network.mtu ?? 0) \(network.isUnconfigured)")
            }
        }
        return Secret(bytes)
    }
}
