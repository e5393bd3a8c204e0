import Model

extension ObservedHost {
    /// Whether a volume certainly is not there: one of a pool that was looked into, named by that or by its path. A simulated host
    /// has whatever disks start from.
    func lacks(_ volume: String) -> Bool {
        guard features.contains(.upload), let reference = reference(of: volume),
            names[.pool]?[reference.pool] != nil, !hides(reference.pool)
        else { return false }
        let spellings = volume.hasPrefix("/") ? [reference] : reference.spellings
        return !spellings.contains { volumePaths[$0] != nil }
    }

    /// The pool and name of a volume that is named by them, or by a path in a pool that was asked for.
    func reference(of volume: String) -> VolumeReference? {
        asInManifests(.string(volume), for: .backing).text.flatMap(VolumeReference.init)
    }
}

extension ObservedHost {
    /// What has libvirt look whether a volume is there.
    func refreshCommand(for volume: String) -> String? {
        reference(of: volume).map { "virsh pool-refresh \(shellWord($0.pool))" }
    }
}

extension ChangeSet {
    /// Says of each volume that disks lie on, and that has gone, that nobody is going to bring it.
    mutating func findMissingBases(_ desired: DesiredState, in observed: ObservedState) {
        var users: [Base: [Resource]] = [:]
        for resource in desired.resources where resource.object.kind == .volume {
            guard case .read(let host)? = observed.hosts[resource.object.host],
                let path = host.find(resource.object)?.attributes[.backing]
            else { continue }
            users[Base(host: resource.object.host, path: path), default: []].append(resource)
        }
        for (base, resources) in users.sorted(by: { $0.value[0].address < $1.value[0].address }) {
            guard case .read(let host)? = observed.hosts[base.host],
                let name = host.asInManifests(base.path, for: .backing).text, host.lacks(name)
            else { continue }
            let left = resources.filter { resource in
                let isBrought = resource.needs.contains(where: \.isOfImage)
                return !isBrought || !areSame(resource.attributes[.backing]?.value, base.path, for: .backing, on: host)
            }
            if !left.isEmpty { diagnostics.append(.baseLost(name, of: left)) }
        }
    }

    /// Says of each file that new disks start from, and that is in no pool to be looked into, that a plan does not see it.
    mutating func findUnseenBases(in observed: ObservedState) {
        var users: [Base: [Resource]] = [:]
        for change in changes where change.object.kind == .volume && [.create, .replace].contains(change.action) {
            guard let disk = change.desired, disk.patience == 0,
                let file = (disk.attributes[.backing] ?? disk.attributes[.copy])?.value, file.isPath,
                case .read(let host)? = observed.hosts[disk.object.host], host.features.contains(.upload)
            else { continue }
            let pool = file.text.flatMap(host.reference)?.pool
            if pool.map({ host.inactivePools.contains($0) }) ?? true {
                users[Base(host: disk.object.host, path: file), default: []].append(disk)
            }
        }
        diagnostics += users.map { .baseUnseen($0.path.text ?? "", of: $1) }.sorted { $0.detail < $1.detail }
    }

    /// An image that is not what was brought, or not whole, is brought again as one that is gone is: nothing that lies
    /// on it is in the way of that. A version of which nobody knows any more where it comes from stays as it is.
    mutating func bringAgain(_ contents: [Address: VolumeContent]) {
        changes = changes.compactMap { change in
            guard change.address.isOfImage, change.features.contains(.upload), change.isOfSpoiledVolume else {
                return change
            }
            guard contents[change.address] != nil else {
                unchanged += 1
                diagnostics.append(.imageSpoiled(change))
                return nil
            }
            var again = change
            again.action = .create
            return again
        }
    }

    /// Says of each install medium that is to be put into a drive, and that nobody brings or waits for, that it is not
    /// there.
    mutating func findMissingMedia(_ desired: DesiredState, in observed: ObservedState) {
        for change in changes where change.object.kind == .domain {
            guard let machine = change.desired, machine.patience == 0,
                case .read(let host)? = observed.hosts[machine.object.host]
            else { continue }
            for field in change.fields where field.path.attribute == .diskSource && machine.isInDrive(field.path) {
                guard let medium = field.after.text, host.lacks(medium),
                    !machine.needs.contains(where: { desired.resource($0)?.isVolume(medium) == true })
                else { continue }
                diagnostics.append(
                    .mediumMissing(
                        medium, of: machine, command: host.refreshCommand(for: medium), at: field.origin))
            }
        }
    }
}

extension Value {
    fileprivate var isPath: Bool { text?.hasPrefix("/") ?? false }
}

/// What disks lie on, as their host says it.
private struct Base: Hashable {
    let host: Address
    let path: Value
}

extension Resource {
    fileprivate func isVolume(_ text: String) -> Bool {
        object.kind == .volume && "\(object.pool ?? "")/\(object.name)" == text
    }
}

extension Change {
    /// Whether a volume is there under its name and is something else, or was never made whole.
    fileprivate var isOfSpoiledVolume: Bool {
        switch action {
        case .update: fields.contains { $0.path.attribute == .volumeFormat }
        case .replace: record?.isPartial == true && record?.object == object
        case .create, .delete, .adopt, .forget: false
        }
    }
}

extension [Resource] {
    /// The first of them, and how many more there are.
    fileprivate var listed: String {
        let names = prefix(3).map(\.address.description).joined(separator: ", ")
        return count > 3 ? "\(names) and \(count - 3) more" : names
    }
}

extension Diagnostic {
    fileprivate static func baseLost(_ base: String, of disks: [Resource]) -> Diagnostic {
        Diagnostic(
            .warning, "base-lost", "What disks lie on is gone",
            """
            The volume \(base) is not on its host any more, and without it nothing can be read of what lies on it: \
            \(disks.listed). Put the former file back under that name, and all is what it \
            was. Made anew, a disk loses what is in it. If the file is there, the pool does not know it yet.
            """, command: VolumeReference(base).map { "virsh pool-refresh \(shellWord($0.pool))" },
            address: disks.first?.address, at: disks.first?.origin)
    }

    fileprivate static func baseUnseen(_ file: String, of disks: [Resource]) -> Diagnostic {
        Diagnostic(
            .notice, "base-unseen", "What a disk starts from cannot be looked for by a plan",
            """
            \(file) is in no active pool of its host, so that whether it is there, and how large it is, only the apply will see. Disks \
            that start from it: \(disks.listed).
            """, address: disks.first?.address,
            at: disks.first.flatMap { ($0.attributes[.backing] ?? $0.attributes[.copy])?.origin })
    }

    fileprivate static func imageSpoiled(_ change: Change) -> Diagnostic {
        let found = change.fields.first { $0.path.attribute == .volumeFormat }?.before.text
        return Diagnostic(
            .warning, "image-spoiled", "An image is not what was brought",
            """
            \(change.address) is \(found ?? "not whole") on its host by now, and disks lie on it. It is a former version, so that it is not \
            brought again. Put the former file back under the name \(change.object.name).
            """,
            command: change.object.pool.map { "virsh vol-dumpxml \(shellWord(change.object.name)) \(shellWord($0))" },
            address: change.address)
    }

    fileprivate static func mediumMissing(
        _ medium: String, of machine: Resource, command: String?, at origin: SourceLocation?
    ) -> Diagnostic {
        Diagnostic(
            .error, "image-missing", "What is to be put into a drive is not on its host",
            """
            \(machine.address) is to have the volume \(medium) in a drive, and the pool of it has no such volume. Bring the image there, or \
            give its URL and let `prepare.onMissing` be `Import`, or `Wait` if somebody else is about to bring it. If its file is \
            there, the pool does not know it yet.
            """, command: command,
            address: machine.address, at: origin)
    }
}
