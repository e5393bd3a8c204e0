import Model

/// What machines need to know of an image.
struct MachineImage {
    enum Place {
        /// It is there, or somebody else brings it: a path, or a volume's name.
        case path(Setting)
        case volume(Setting)
        /// It is brought to each host and pool.
        case brought(ImageSource, Setting)
    }

    let address: Address
    let place: Place
    /// The pool that it says, for what is a volume or becomes one; the Provider's where it says none.
    let pool: Setting?
    /// On the host: `qcow2`, `raw` or `iso`.
    let format: Setting
    /// Seconds to wait for it, where somebody else brings it.
    let patience: Int
    /// User data for machines that have none.
    let userData: SeedSource.Part?
    let hasCloudInit: Bool
    let location: SourceLocation

    /// An install medium, which nothing starts from.
    var isMedium: Bool { format.value.text == "iso" }

    /// Where it is, of what is not brought: a path, or `pool/volume`.
    fileprivate func place(in pool: String) -> Setting {
        switch place {
        case .path(let path): path
        case .volume(let name), .brought(_, let name):
            Setting(.string("\(pool)/\(name.value.text ?? "")"), at: name.origin)
        }
    }
}

extension MachineImage.Place {
    fileprivate var isBrought: Bool { if case .brought = self { true } else { false } }
}

extension Resolver {
    /// Nil, with a diagnostic, for an image that rigaud cannot use.
    mutating func resolveImage(_ document: Document) -> MachineImage? {
        let record = document.record
        guard let format = imageFormat(of: document), let place = imagePlace(of: document, format: format) else {
            return nil
        }
        if !place.isBrought, let source = record.text("source.libvirt.format"),
            !["qcow2", "raw", "iso"].contains(source.value)
        {
            problems.add(
                .unsupportedImage, .warning, at: source.location, address: document.address,
                "\(document.address) is on its host in the format `\(source.value)`, and disks start from `qcow2` and `raw` alone. Give "
                    + "its URL, so that it is converted where it is brought, or convert it with `qemu-img convert`.")
            return nil
        }
        let isWaitedFor = record.text("prepare.onMissing")?.value == "Wait"
        let template = record.text("cloudInit.userDataTemplate")
        let pools = [record.text("prepare.storage.libvirt.storagePool"), record.text("source.libvirt.storagePool")]
        // A volume's own pool stands beside its name.
        let isNamed = record.text("source.libvirt.volume") != nil
        return MachineImage(
            address: document.address, place: place,
            pool: (isNamed ? pools.reversed() : pools).lazy.compactMap { $0 }.first?.setting, format: format,
            patience: isWaitedFor ? Int(clamping: record.integer("prepare.timeout")?.value ?? 1800) : 0,
            userData: template.map {
                SeedSource.Part(
                    Secret($0.value), at: $0.location, isPublic: true,
                    isVerbatim: record.isLiteral("cloudInit.userDataTemplate"))
            }, hasCloudInit: record.flag("cloudInit.enabled")?.value ?? true, location: document.location)
    }

    /// What it is to be on the host.
    private mutating func imageFormat(of document: Document) -> Setting? {
        let record = document.record
        let format = record.text("source.libvirt.format")
        switch format?.value {
        case "ova", "ovf":
            problems.add(
                .unsupportedImage, .warning, at: format?.location, address: document.address,
                "\(document.address) is an appliance with a description of its own. Unpack it with `tar -xf`, and give the disk in it."
            )
            return nil
        case "vhdx":
            problems.add(
                .unsupportedImage, .warning, at: format?.location, address: document.address,
                "\(document.address) is a VHDX image, which libvirt does not know and cannot convert. Convert it with "
                    + "`qemu-img convert -O qcow2`, and give what comes of it.")
            return nil
        case "iso": return format?.setting
        default: break
        }
        if let preferred = record.text("prepare.storage.preferredFormat") { return preferred.setting }
        if let format, format.value == "qcow2" || format.value == "raw" { return format.setting }
        return Setting("qcow2")
    }

    private mutating func imagePlace(of document: Document, format: Setting) -> MachineImage.Place? {
        let record = document.record
        let path = record.text("source.libvirt.path")
        let volume = record.text("source.libvirt.volume")
        let url = record.text("source.libvirt.url")
        if let path, let other = volume ?? url {
            problems.add(
                .conflict, at: other.location, address: document.address,
                "The image is at the path \(path.value), or somewhere else. Keep one of them.")
            return nil
        }
        if let path { return .path(path.setting) }
        let isBrought = (record.text("prepare.onMissing")?.value ?? "Import") == "Import"
        if let url, isBrought {
            if let volume {
                problems.add(
                    .conflict, at: volume.location, address: document.address,
                    "The image is brought from \(maskedURL(url.value)), and then its volume is named by rigaud; or it is there as the "
                        + "volume `\(volume.value)`. Keep one of them.")
                return nil
            }
            return imageSource(of: document, url, format: format).map { .brought($0, url.setting) }
        }
        if volume != nil || url != nil {
            let name = volume?.value ?? "\(document.name).\(format.value.text ?? "qcow2")"
            return .volume(Setting(.string(name), at: (volume ?? url)?.location))
        }
        let places = ["source.libvirt.url", "source.libvirt.path", "source.libvirt.volume"]
        if places.contains(where: record.isRejected) { return nil }
        problems.add(
            .unsupportedImage, .warning, at: record.location, address: document.address,
            "\(document.address) says neither its URL (`spec.source.libvirt.url`), nor its path on the host "
                + "(`spec.source.libvirt.path`), nor its pool and volume.")
        return nil
    }

    private mutating func imageSource(
        of document: Document, _ url: Found<String>, format: Setting
    ) -> ImageSource? {
        let record = document.record
        var source = ImageSource(url: url.value, format: format.value.text ?? "qcow2")
        if record.flag("prepare.validateChecksum")?.value ?? true, let text = record.text("source.libvirt.checksum") {
            switch checksum(text.value, of: document) {
            case .success(let checksum): source.checksum = checksum
            case .failure(let mistake):
                problems.add(.invalidValue, at: text.location, address: document.address, mistake.detail)
                return nil
            }
        }
        source.timeout = Int(
            clamping: record.integer("source.http.timeout")?.value ?? record.integer("prepare.timeout")?.value ?? 1800)
        source.retries = Int(clamping: record.integer("prepare.retries")?.value ?? 3)
        source.force = record.flag("prepare.force")?.value ?? false
        source.headers = record.pairs("source.http.headers").map {
            ImageSource.Header(name: $0.key, value: Secret($0.value.text ?? ""))
        }
        for (pair, header) in zip(record.pairs("source.http.headers"), source.headers) {
            guard let mistake = header.mistake else { continue }
            problems.add(
                .invalidValue, at: record.location(of: pair.line, pair.column), address: document.address, mistake)
        }
        guard let authentication = authentication(of: document, url.value) else { return nil }
        source.authentication = authentication.first
        return source
    }

    private struct ChecksumMistake: Error {
        let detail: String
    }

    private func checksum(_ text: String, of document: Document) -> Result<ImageSource.Checksum, ChecksumMistake> {
        if TextRule.imageURL.read(text) != nil { return .success(.list(url: text)) }
        let parts = text.lowercased().split(separator: ":", maxSplits: 1)
        let digest = parts.last.map(String.init) ?? ""
        let kind = document.record.text("source.libvirt.checksumType")?.value
        let stated = parts.count == 2 ? String(parts[0]) : kind
        if let kind, let stated, kind != stated {
            return .failure(
                ChecksumMistake(
                    detail:
                        "The checksum says `\(stated):` of itself, and its `checksumType` is `\(kind)`. Keep the one that is right."
                ))
        }
        let algorithms = ChecksumAlgorithm.allCases
        let isKnown = stated.map { word in algorithms.contains { $0.rawValue == word } } ?? true
        guard !digest.isEmpty, digest.utf8.allSatisfy(isHexDigit), isKnown else {
            let names = algorithms.map { "`\($0.rawValue):`" }.joined(separator: ", ")
            return .failure(
                ChecksumMistake(
                    detail:
                        "The checksum is a digest in hexadecimal, with \(names) before it or not, or the URL of a file that lists it."
                ))
        }
        let count = digest.utf8.count
        if let algorithm = algorithms.first(where: { $0.digits == count && stated ?? $0.rawValue == $0.rawValue }) {
            return .success(.digest(algorithm, digest))
        }
        let meant = algorithms.filter { stated == nil || stated == $0.rawValue }
        let lengths = meant.map { "\($0.digits)" }.joined(separator: ", ")
        return .failure(
            ChecksumMistake(
                detail:
                    "A \(stated ?? "digest") has \(lengths) hexadecimal digits; this has \(count). Copy it anew, or correct its kind."
            ))
    }

    /// The image of a machine; nil where it has none, or, with a diagnostic, where it cannot be used.
    mutating func image(of document: Document) -> MachineImage? {
        guard let reference = document.record.reference("imageRef"),
            let image = find(reference, Kind.image, from: document)
        else { return nil }
        if let usable = images[image.address] ?? nil { return usable }
        problems.add(
            .unsupportedImage, at: reference.location, address: document.address,
            "\(document.address) starts from \(image.address), which rigaud cannot use: see what is said of that."
        )
        return nil
    }

    /// Where an image is on a host. What is brought there becomes a resource, once a host and pool: a volume whose name has
    /// the digest of what is brought, so that another content is another volume and disks keep what they are built on.
    mutating func bring(_ image: MachineImage, to host: Int) -> (backing: Setting, format: Setting, need: Address?) {
        let pool = image.pool ?? hosts[host].defaultPool
        let poolName = pool.value.text ?? "default"
        guard case .brought(var source, let url) = image.place else {
            let place = image.place(in: poolName)
            return (place, image.format, place.value.text.flatMap { volume($0, on: host) })
        }
        let isRaw = isLogical(poolName, on: host) && !image.isMedium
        let format = isRaw ? Setting("raw", at: image.format.origin) : image.format
        source.format = format.value.text ?? "qcow2"
        let version = version(of: source, image.address)
        let provider = hosts[host].host.address
        let place = provider.namespace == Address.defaultNamespace ? "" : "\(provider.namespace)."
        let address = image.address.part("\(place)\(provider.name):\(poolName)/\(version)")
        let base =
            image.address.namespace == Address.defaultNamespace
            ? "\(image.address.name)" : "\(image.address.namespace).\(image.address.name)"
        let name = "\(base)-\(version).\(source.format)"
        let backing = Setting(.string("\(poolName)/\(name)"), at: url.origin)
        guard contents[address] == nil else { return (backing, format, address) }
        var settings: [(path: AttributePath, value: Setting)] = [
            (AttributePath(.volumeFormat), format),
            (AttributePath(.content), Setting(.string(maskedURL(source.url)), at: url.origin)),
        ]
        if let checksum = source.checksum {
            settings.append((AttributePath(.checksum), Setting(.string(checksum.text), at: url.origin)))
        }
        contents[address] = .image(source)
        add(
            Resource(
                address, ObjectReference(.volume, host: provider, name: name, pool: poolName),
                attributes: AttributeMap(settings), needs: self.pool(poolName, on: host).map { [$0] } ?? [],
                origin: image.location))
        return (backing, format, address)
    }

    /// Twelve digits that stand for what is brought: its checksum, or where it and its checksum come from. The stack is in them, so that two
    /// stacks on a host do not share a volume, of which one could delete what the other builds on.
    private func version(of source: ImageSource, _ address: Address) -> String {
        let content =
            switch source.checksum {
            case .digest(_, let digest): digest
            case .list(let list): "\(source.url)\n\(list)"
            case nil: source.url
            }
        let text = [stackName, address.text, content, source.format].joined(separator: "\n")
        return String(options.hash(Array(text.utf8)).prefix(12))
    }
}

private func isHexDigit(_ byte: UInt8) -> Bool { byte >= 48 && byte <= 57 || byte >= 97 && byte <= 102 }

extension ImageSource.Checksum {
    fileprivate var text: String {
        switch self {
        case .digest(let algorithm, let digest): "\(algorithm.rawValue):\(digest)"
        case .list(let url): maskedURL(url)
        }
    }
}
