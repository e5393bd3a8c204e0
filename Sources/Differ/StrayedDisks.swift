import Model

extension ChangeSet {
    /// Finds the volumes that are to grow and that their machine does not have by now as the disk that they are for, by a snapshot or a
    /// copy for instance: what would grow in a running guest is what it has in their place.
    mutating func findStrayedDisks(_ desired: DesiredState, in observed: ObservedState) {
        var growing: [VolumeFile: Address] = [:]
        for change in changes where change.object.kind == .volume && change.action == .update {
            let object = change.object
            guard change.fields.contains(where: { $0.path.attribute == .capacity }),
                let file = VolumeFile(of: "\(object.pool ?? "")/\(object.name)", on: object.host, observed)
            else { continue }
            growing[file] = change.address
        }
        if growing.isEmpty { return }
        for machine in desired.resources where machine.object.kind == .domain {
            guard case .read(let host)? = observed.hosts[machine.object.host], let found = host.find(machine.object)
            else { continue }
            let now = found.running ?? found.attributes
            for (path, setting) in machine.attributes where path.attribute == .diskSource {
                guard let source = now[path], !areSame(source, setting.value, for: .diskSource, on: host),
                    let volume = setting.value.text,
                    let file = VolumeFile(of: volume, on: machine.object.host, observed), let address = growing[file]
                else { continue }
                strayedDisks[address] = machine.address
            }
        }
    }
}
