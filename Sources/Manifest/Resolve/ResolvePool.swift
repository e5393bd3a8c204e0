import Model

extension Resolver {
    mutating func resolvePool(_ document: Document) {
        guard let host = host(of: document) else { return }
        let record = document.record
        let name = record.text("name")?.value ?? document.name
        let type = record.text("type")?.setting ?? Setting("dir")
        var settings: [(path: AttributePath, value: Setting)] = [
            (AttributePath(.active), Setting(true)),
            (AttributePath(.autostart), record.flag("autostart")?.setting ?? Setting(true)),
            (AttributePath(.poolType), type),
        ]
        let target = record.text("target.path")
        let source = record.text("source.volumeGroup")
        if type.value.text == "logical" {
            let group = source?.setting ?? Setting(.string(name), at: document.location)
            settings.append((AttributePath(.poolSource), group))
            settings.append(
                (AttributePath(.poolTarget), target?.setting ?? Setting(.string("/dev/\(group.value.text ?? name)"))))
            hosts[host].logicalPools.insert(name)
        } else {
            if let target {
                settings.append((AttributePath(.poolTarget), target.setting))
            } else {
                problems.add(
                    .missingField, at: record.location, address: document.address,
                    "`spec.target.path` must be given: a pool of type `dir` is a directory of the host.")
            }
            if let source {
                problems.add(
                    .conflict, at: source.location, address: document.address,
                    "`spec.source.volumeGroup` is for a pool of type `logical`; this one is a directory.")
            }
        }
        add(
            Resource(
                document.address, ObjectReference(.pool, host: hosts[host].host.address, name: name),
                attributes: AttributeMap(settings), isProtected: isProtected(document), origin: document.location))
    }

    /// The address of a manifest's pool; nil where no manifest has it, and it must be on the host already.
    func pool(_ name: String, on host: Int) -> Address? {
        objects[ObjectKey(kind: .pool, host: hosts[host].group, pool: nil, name: name)]
    }

    /// A volume's size as its pool can make it: a file is whole KiB, a logical volume whole extents, of 4 MiB as a rule.
    func capacity(_ size: Setting, in pool: String, on host: Int) -> Setting {
        size.roundedUp(to: isLogical(pool, on: host) ? 4 * bytesPerMiB : 1024)
    }

    func isLogical(_ pool: String, on host: Int) -> Bool { hosts[host].logicalPools.contains(pool) }
}
