import Model

/// Images that are gone from a host while disks lie on them, and of which only a URL says what they are: what is brought again need not be
/// what the disks were built on, and then all that is in them is lost. A checksum in the manifest makes it the same.
func lostImages(among selection: [Change], _ desired: DesiredState, _ recorded: RecordedState) -> [Address] {
    let gone = selection.filter { change in
        guard change.action == .create, change.record?.isPartial == false, change.address.isOfImage else {
            return false
        }
        if case .image(let source)? = desired.contents[change.address], case .digest? = source.checksum { return false }
        return true
    }
    if gone.isEmpty { return [] }
    let actions = Dictionary(uniqueKeysWithValues: selection.map { ($0.address, $0.action) })
    var users: Set<Address> = []
    for record in recorded.records.values where record.attributes[.backing] != nil {
        switch actions[record.address] {
        case .create, .replace, .delete, .forget: continue
        case .update, .adopt, nil: users.formUnion(record.needs)
        }
    }
    return gone.map(\.address).filter(users.contains)
}

/// What is recorded to be under disks that stay as they are. Once the file of one that went is put back, it is ours still.
func basesThatStay(_ planned: [PlannedChange], _ recorded: RecordedState) -> Set<Address> {
    guard planned.contains(where: { $0.change.action == .forget }) else { return [] }
    let remade = Set(
        planned.lazy.filter { $0.refusal == nil && $0.change.action != .update && $0.change.action != .adopt }
            .map(\.change.address))
    let volumes = recorded.records.values.filter { $0.object.kind == .volume }
    let places = Dictionary(
        volumes.map { (Place($0.object), $0.address) }, uniquingKeysWith: { first, _ in first })
    var bases: Set<Address> = []
    for disk in volumes where !remade.contains(disk.address) {
        guard let base = disk.attributes[.backing] else { continue }
        bases.formUnion(disk.needs.filter { recorded.records[$0]?.object.kind == .volume })
        if let place = Place(base, of: .backing, on: disk.object.host), let address = places[place] {
            bases.insert(address)
        }
    }
    return bases
}

extension Diagnostic {
    static func imageLost(_ address: Address) -> Diagnostic {
        Diagnostic(
            .warning, "image-lost", "An image is gone, and disks are built on it",
            """
            Nothing but a URL says what \(address) was: what is brought from there now may be something else, and then the disks that are \
            built on it are lost. Put the former file back on the host; or, if what is there is certainly the same, or the disks do not \
            matter, permit it. With the checksum of an image in its manifest this cannot happen.
            """, address: address)
    }
}
