import Model

extension ObjectReference {
    fileprivate var fullName: String { pool.map { "\($0)/\(name)" } ?? name }
}

extension Diagnostic {
    static func baseMissing(_ base: String, of resource: Resource, command: String?) -> Diagnostic {
        Diagnostic(
            .error, "image-missing", "What a disk starts from is not on its host",
            """
            \(resource.address) starts from the volume \(base), and the pool of it has no such volume. Bring the image there, or \
            give its URL and let `prepare.onMissing` be `Import`, or `Wait` if somebody else is about to bring it. If its file \
            is there, the pool does not know it yet.
            """, command: command,
            address: resource.address, at: (resource.attributes[.backing] ?? resource.attributes[.copy])?.origin)
    }

    static func baseFormat(_ found: String, of resource: Resource) -> Diagnostic {
        let base = resource.attributes[.backing]
        return Diagnostic(
            .error, "image-format", "An image is of another format than it is said to be",
            """
            \(resource.address) starts from \(base?.value.text ?? ""), which is \(found) on its host and is taken for \
            \(resource.attributes[.backingFormat]?.value.text ?? ""). Say `format: \(found)` in its VMImage.
            """, address: resource.address, at: base?.origin)
    }

    static func renamed(_ found: ObjectReference, _ resource: Resource) -> Diagnostic {
        Diagnostic(
            .warning, "renamed", "An object has another name on its host",
            """
            \(resource.address) was made as `\(resource.object.name)`, and somebody has renamed it to `\(found.name)`. It is still known by \
            its UUID. Rename it back while it is off, or give it that name in the manifest, which makes it anew.
            """, command: "virsh domrename \(shellWord(found.name)) \(shellWord(resource.object.name))",
            address: resource.address, at: resource.origin)
    }

    static func nameTaken(_ resource: Resource) -> Diagnostic {
        let object = resource.object
        return Diagnostic(
            .error, "name-taken", "A name is taken by an object that is not ours",
            """
            The host of \(object.host) already has a \(object.kind.rawValue) named "\(object.fullName)" that this state did \
            not make, so it is left alone. Give \(resource.address) another name, or remove the \
            \(object.kind.rawValue) on the host if nobody needs it.
            """, address: resource.address, at: resource.origin)
    }

    static func hostRenamed(_ host: Address, from former: Address) -> Diagnostic {
        Diagnostic(
            .error, "host-renamed", "A host is recorded under another name",
            """
            \(host) leads to the host that is recorded as \(former), with all that was made there, and what is recorded goes by the \
            Provider's name. Call it `\(former.name)` again. To move everything to another host, keep both Providers until that is done.
            """, address: host)
    }

    static func nameInUse(_ resource: Resource, by owner: Address) -> Diagnostic {
        let object = resource.object
        return Diagnostic(
            .error, "name-in-use", "A name is still that of another resource of this stack",
            """
            The \(object.kind.rawValue) "\(object.fullName)" on the host of \(object.host) was made as \(owner). Keep it \
            under that address, or apply once without \(resource.address), so that \(owner) goes \
            first\(object.kind == .volume ? ", with all that is in it" : "").
            """, address: resource.address, at: resource.origin)
    }
}
