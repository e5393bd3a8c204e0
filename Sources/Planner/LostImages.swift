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
