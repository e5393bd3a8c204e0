import Model

/// A host, and what the resources on it take from it.
struct HostEntry {
    let host: Host
    /// The same for all Providers with the same URI.
    let group: Int
    let defaultPool: Setting
    /// There because no Provider is, and only counts when something is on it.
    let isImplied: Bool
    var isUsed = false
    /// Logical pools of the stack, whose volumes are raw.
    var logicalPools: Set<String> = []
}

extension Resolver {
    mutating func resolveHosts() {
        var groups: [String: Int] = [:]
        for document in catalog.documents where document.kind === Kind.provider {
            let record = document.record
            if let type = record.text("type"), type.value != "libvirt" {
                problems.add(
                    .unsupportedProvider, at: type.location, address: document.address,
                    "\(document.address) is of type `\(type.value)`, and rigaud knows `libvirt` alone. Keep manifests for other "
                        + "hypervisors out of the stack.")
            }
            let uri = record.text("endpoint")?.value ?? "qemu:///system"
            let group = groups[uri] ?? groups.count
            groups[uri] = group
            let pool = record.text("defaults.storagePool")?.setting ?? Setting("default")
            hostIndices[document.address] = hosts.count
            hosts.append(
                HostEntry(
                    host: Host(document.address, uri: uri, origin: document.location), group: group, defaultPool: pool,
                    isImplied: false))
            checkCredentials(of: document, uri: uri)
        }
        if hosts.isEmpty {
            let address = Address(kind: Kind.provider.name, name: "local")
            hostIndices[address] = 0
            hosts.append(
                HostEntry(
                    host: Host(address, uri: options.fallbackURI), group: 0, defaultPool: Setting("default"),
                    isImplied: true))
        }
    }

    private mutating func checkCredentials(of provider: Document, uri: String) {
        guard let reference = provider.record.reference("credentialSecretRef") else { return }
        let address = Address(
            kind: Kind.secret.name, namespace: reference.value.namespace ?? provider.namespace,
            name: reference.value.name)
        let isLocal = isLocal(uri)
        if catalog[address] == nil, isLocal {
            problems.add(
                .missingReference, .warning, at: reference.location, address: provider.address,
                "\(provider.address) refers to \(address), which no manifest has. A local connection needs no credentials, so "
                    + "that the reference can go.")
        } else if find(reference, Kind.secret, from: provider) != nil, !isLocal {
            problems.add(
                .credentials, .warning, at: reference.location, address: provider.address,
                "rigaud does not hand the values of \(address) to libvirt yet: keys and certificates are looked for where libvirt "
                    + "and ssh look for them.")
        }
    }

    /// The host that a document's resources are on; nil, with a diagnostic, where there is none.
    mutating func host(of document: Document) -> Int? {
        let index: Int
        if let reference = document.record.reference("providerRef") {
            guard let provider = find(reference, Kind.provider, from: document),
                let found = hostIndices[provider.address]
            else { return nil }
            index = found
        } else if hosts.count == 1 {
            index = 0
        } else {
            let names = hosts.prefix(4).map { "\($0.host.address)" }.joined(separator: ", ")
            problems.add(
                .ambiguousProvider, at: document.location, address: document.address,
                "\(document.address) names no Provider, and the stack has \(hosts.count): \(names)\(hosts.count > 4 ? " and others" : ""). "
                    + "Add `spec.providerRef`.")
            return nil
        }
        hosts[index].isUsed = true
        return index
    }
}

/// Whether a URI means the machine that rigaud runs on: it has no host, and no transport that needs one.
private func isLocal(_ uri: String) -> Bool {
    guard let slashes = uri.split(separator: ":", maxSplits: 1).last else { return true }
    return slashes.hasPrefix("///")
}
