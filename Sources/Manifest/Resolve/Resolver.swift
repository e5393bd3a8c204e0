import Model

/// Joins checked documents into the desired graph.
///
/// What every machine of a class or of a host shares is worked out once. Each kind has a file of its own beside this one.
struct Resolver {
    let catalog: Catalog
    let options: LoadOptions
    var problems: Problems
    private(set) var secrets: [Address: [String: Secret]] = [:]

    var hosts: [HostEntry] = []
    var hostIndices: [Address: Int] = [:]
    var classes: [Address: MachineClass] = [:]
    var images: [Address: MachineImage?] = [:]
    var resources: [Resource] = []
    var contents: [Address: VolumeContent] = [:]
    var seeds: [SeedSource] = []
    /// The images whose user data some machine has.
    var usedTemplates: Set<Address> = []
    /// Of the Stack.
    var stackName = ""
    var sshPublicKeys: [String] = []
    /// Manifests' pools, networks and volumes by what libvirt calls them, to be found by those who need them.
    var objects: [ObjectKey: Address] = [:]
    /// References that led nowhere, each with the advice that was found for it.
    private var adviceOnMissing: [Address: String] = [:]

    init(_ catalog: Catalog, _ options: LoadOptions, _ problems: Problems) {
        self.catalog = catalog
        self.options = options
        self.problems = problems
    }

    mutating func resolve() -> DesiredState {
        var stack = resolveStack()
        resolveExceptions(into: &stack)
        stackName = stack.name
        resolveSecrets()
        resolveHosts()
        for document in catalog.documents where document.kind === Kind.pool { resolvePool(document) }
        for document in catalog.documents where document.kind === Kind.network { resolveNetwork(document) }
        resolveVolumes()
        for document in catalog.documents where document.kind === Kind.machineClass {
            classes[document.address] = resolveClass(document)
        }
        for document in catalog.documents where document.kind === Kind.image {
            images[document.address] = resolveImage(document)
        }
        for document in catalog.documents where document.kind === Kind.virtualMachine { resolveMachine(document) }
        resolveBases()
        checkClaims()
        resolveDependencies()
        for document in catalog.documents { checkAnnotations(document) }
        resources.sort { $0.address < $1.address }
        let used = hosts.filter { !$0.isImplied || $0.isUsed }
        var desired = DesiredState(
            stack: stack, hosts: used.map(\.host).sorted { $0.address < $1.address }, resources: resources)
        desired.contents = contents
        desired.seeds = seeds
        desired.unusedTemplates = images.values.compactMap(\.self).compactMap { image in
            guard let template = image.userData, !usedTemplates.contains(image.address) else { return nil }
            return SeedSource(machine: image.address, userData: [template], origin: image.location)
        }.sorted { $0.machine < $1.machine }
        return desired
    }

    // MARK: - What the kinds have in common

    /// The document that a reference leads to, in the namespace of who refers to it unless it names one.
    mutating func find(_ reference: Found<Reference>, _ kind: Kind, from document: Document) -> Document? {
        let address = Address(
            kind: kind.name, namespace: reference.value.namespace ?? document.namespace, name: reference.value.name)
        if let found = catalog[address] { return found }
        let advice = adviceOnMissing[address] ?? advise(address, kind)
        adviceOnMissing[address] = advice
        problems.add(
            .missingReference, at: reference.location, address: document.address,
            "\(document.address) refers to \(address), which no manifest has. \(advice)")
        return nil
    }

    private func advise(_ address: Address, _ kind: Kind) -> String {
        // Looking for the nearest name is for a person's mistakes, not for a thousand generated ones.
        guard adviceOnMissing.count < 200 else { return "Add it, or correct the name." }
        let candidates = catalog.documents(of: kind)
        if let other = candidates.first(where: { $0.name == address.name }) {
            return
                "There is one in the namespace `\(other.namespace)`; add `namespace: \(other.namespace)` to the reference."
        }
        return nearest(to: String(address.name), in: candidates.map(\.name)).map { "Did you mean `\($0)`?" }
            ?? "Add it, or correct the name."
    }

    /// Adds a resource unless its name is taken on its host.
    mutating func add(_ resource: Resource) {
        let key = key(of: resource.object)
        if let other = objects[key] {
            problems.add(
                .nameTaken, at: resource.origin, address: resource.address,
                "\(resource.address) and \(other) would both be the \(resource.object.kind.rawValue) "
                    + "`\(resource.object.name)` on the same host. Rename one of them.")
            return
        }
        objects[key] = resource.address
        resources.append(resource)
    }

    func key(of object: ObjectReference) -> ObjectKey {
        ObjectKey(
            kind: object.kind, host: hostIndices[object.host].map { hosts[$0].group } ?? -1, pool: object.pool,
            name: object.name)
    }

    func isProtected(_ document: Document) -> Bool {
        document.annotation("rigaud.io/protect").flatMap { readFlag($0.value) } ?? false
    }

    private mutating func resolveStack() -> StackSettings {
        let stacks = catalog.documents(of: Kind.stack)
        guard let stack = stacks.first else { return StackSettings(name: options.stackName) }
        for other in stacks.dropFirst() {
            problems.add(
                .duplicateDocument, at: other.location, address: other.address,
                "There is one Stack for all manifests together, and it is at \(stack.location) already.")
        }
        var settings = StackSettings(name: stack.name)
        let keys = stack.record.texts("sshPublicKeys")
        sshPublicKeys = keys?.value ?? []
        for key in sshPublicKeys { check(key: key, at: keys?.location, of: stack) }
        let leave: [Disruption] = [.restart, .replace, .deleteData]
        if let allow = stack.record.texts("allow") {
            for word in allow.value {
                if let disruption = Disruption(rawValue: word), leave.contains(disruption) {
                    settings.allowed.insert(disruption)
                } else {
                    problems.add(
                        .invalidValue, at: allow.location, address: stack.address,
                        "`spec.allow` lists `restart`, `replace` and `delete-data`; `\(word)` is none of them.")
                }
            }
        }
        return settings
    }

    private mutating func resolveSecrets() {
        for document in catalog.documents where document.kind === Kind.secret {
            var values: [String: Secret] = [:]
            for pair in document.record.pairs("data") {
                if let bytes = decodeBase64(pair.value.text ?? "") {
                    values[pair.key] = Secret(bytes)
                } else {
                    problems.add(
                        .invalidValue, at: document.record.location(of: pair.line, pair.column),
                        address: document.address,
                        "`data.\(pair.key)` is Base64, and this is not. Plain text belongs into `stringData`.")
                }
            }
            for pair in document.record.pairs("stringData") { values[pair.key] = Secret(pair.value.text ?? "") }
            secrets[document.address] = values
        }
    }
}

/// What libvirt tells objects apart by: on one host, whatever Provider names it.
struct ObjectKey: Hashable {
    let kind: ResourceKind
    let host: Int
    let pool: String?
    let name: String
}

extension Found {
    /// As a setting of a resource, which remembers where it comes from.
    func setting(_ convert: (Content) -> Value) -> Setting { Setting(convert(value), at: location) }
}

extension Setting {
    /// A whole number of units: what the host would make of it anyway.
    func roundedUp(to unit: Int64) -> Setting {
        guard let number = value.number, number % unit != 0, number < .max - unit else { return self }
        return Setting(.integer((number / unit + 1) * unit), at: origin)
    }
}

extension Found<String> { var setting: Setting { setting { .string($0) } } }
extension Found<Int64> { var setting: Setting { setting { .integer($0) } } }
extension Found<Bool> { var setting: Setting { setting { .bool($0) } } }
