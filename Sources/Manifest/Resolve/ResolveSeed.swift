import Model

/// Keys of a Secret under which people keep these, as VirtRigaud looks for them.
private let userDataKeys = ["userdata", "user-data", "cloud-init", "cloud-config"]
private let metaDataKeys = ["metadata", "meta-data", "meta_data"]
private let ignitionKeys = ["ignition", "config", "userdata"]

extension Resolver {
    /// Notes what a machine's cloud-init is to be told; the seed is made of it once all is resolved. A machine of which
    /// nothing is said has none.
    mutating func addSeed(_ image: MachineImage?, to parts: inout MachineParts) {
        let document = parts.document
        var userData = self.parts(of: "userData.cloudInit", userDataKeys, document)
        let metaData = self.parts(of: "metaData.cloudInit", metaDataKeys, document)
        if userData.isEmpty, let image, let template = image.userData, image.hasCloudInit {
            userData = [template]
            usedTemplates.insert(image.address)
        }
        let annotation = document.annotation("rigaud.io/ssh-public-keys")
        let own = lines(annotation?.value ?? "")
        for key in own { check(key: key, at: annotation?.location, of: document) }
        let isTold = !userData.isEmpty || !metaData.isEmpty || !own.isEmpty
        let addressed = parts.networks.filter {
            !$0.addresses.isEmpty || !$0.nameServers.isEmpty || $0.isUnconfigured
        }
        if let ignition = ignition(of: document) {
            if !userData.isEmpty {
                problems.add(
                    .conflict, at: ignition, address: document.address,
                    "\(document.address) has both cloud-init's user data and an Ignition configuration. A guest reads one of them: keep that."
                )
                return
            }
            for key in ["rigaud.io/seed-change", "rigaud.io/seed-bus"] {
                guard let annotation = document.annotation(key) else { continue }
                problems.add(
                    .conflict, .warning, at: annotation.location, address: document.address,
                    "`\(key)` has no effect: \(document.address) has an Ignition configuration, which Ignition reads at the first boot "
                        + "alone, and so no seed.")
            }
            checkCloudInitEnd(of: parts)
            let untold =
                [metaData.isEmpty ? nil : "metadata", own.isEmpty ? nil : "SSH keys"].compactMap { $0 }
                + addressed.map { "addresses of `\($0.item)`" }
            guard !untold.isEmpty else { return }
            problems.add(
                .conflict, .warning, at: ignition, address: document.address,
                "\(document.address) has an Ignition configuration and so no seed, in which its guest would be told its "
                    + "\(untold.joined(separator: ", its ")). Say that in the configuration.")
            return
        }
        guard isTold || (!addressed.isEmpty && image?.hasCloudInit != false && image?.isMedium != true) else {
            return checkCloudInitEnd(of: parts)
        }
        checkSeedBus(of: parts)
        let policy = document.annotation("rigaud.io/seed-change").flatMap {
            SeedSource.ChangePolicy(rawValue: $0.value)
        }
        seeds.append(
            SeedSource(
                machine: document.address, labels: document.labels,
                annotations: Dictionary(
                    document.annotations.map { ($0.key, $0.value) }, uniquingKeysWith: { first, _ in first }),
                sshPublicKeys: own + sshPublicKeys.filter { !own.contains($0) }, userData: userData,
                metaData: metaData, networks: parts.networks, policy: policy ?? .nextBoot,
                pool: seedPool(of: parts), bus: document.annotation("rigaud.io/seed-bus")?.value ?? "scsi",
                origin: document.location))
    }

    /// Cloud-init that finds no seed does not run.
    private mutating func checkCloudInitEnd(of parts: MachineParts) {
        let document = parts.document
        guard let ready = parts.ready, ready.value == "cloud-init",
            document.annotation("rigaud.io/seed-change")?.value != SeedSource.ChangePolicy.ignore.rawValue
        else { return }
        problems.add(
            .conflict, at: ready.origin, address: document.address,
            "\(document.address) has no cloud-init seed, so that `rigaud.io/ready: cloud-init` would be waited for in vain. Give it "
                + "user data, or wait for something else.")
    }

    private mutating func checkSeedBus(of parts: MachineParts) {
        let document = parts.document
        guard let bus = document.annotation("rigaud.io/seed-bus"), bus.value == "ide",
            parts.settings.contains(where: {
                $0.path.attribute == .machine && $0.value.value.text?.contains("q35") == true
            })
        else { return }
        problems.add(
            .conflict, at: bus.location, address: document.address,
            "A machine of the type `q35` has no IDE. Say `rigaud.io/seed-bus: sata`, or `machine: pc` in its class.")
    }

    private func ignition(of document: Document) -> SourceLocation? {
        document.record.text("userData.ignition.inline")?.location
            ?? document.record.reference("userData.ignition.secretRef")?.location
    }

    /// A configuration for Ignition goes into a volume of its own, which the firmware hands over.
    mutating func addIgnition(to parts: inout MachineParts) {
        let document = parts.document
        let found = self.parts(of: "userData.ignition", ignitionKeys, document)
        guard let content = found.first else { return }
        if found.count > 1 {
            problems.add(
                .conflict, at: document.location, address: document.address,
                "\(document.address) has two Ignition configurations, `inline` and `secretRef`. Keep one of them.")
        }
        check(ignition: content, of: document)
        let pool = seedPool(of: parts)
        let name = "\(parts.name)-ignition.json"
        let address = document.address.part("ignition/new")
        contents[address] = .ignition(content.text)
        parts.needs.append(address)
        parts.set(.ignition, Setting(.string("\(pool)/\(name)"), at: content.origin))
        add(
            Resource(
                address,
                ObjectReference(.volume, host: hosts[parts.host].host.address, name: name, pool: pool),
                attributes: AttributeMap([
                    (AttributePath(.volumeFormat), Setting("raw")), (AttributePath(.content), Setting("ignition")),
                ]), needs: self.pool(pool, on: parts.host).map { [$0] } ?? [], isProtected: isProtected(document),
                origin: content.origin ?? document.location))
    }

    /// An Ignition configuration is JSON that says its version (https://coreos.github.io/ignition/specs/); a guest that is given
    /// anything else does not boot. What people write is often Butane, which is YAML and has to be translated.
    private mutating func check(ignition content: SeedSource.Part, of document: Document) {
        let advice =
            "Ignition takes JSON with `{\"ignition\": {\"version\": …}}`. A Butane file becomes that by `butane --strict FILE`."
        let mistake: String? = content.text.reveal { bytes in
            do throws(JSONError) {
                let version = try JSONReader.value(of: bytes)["ignition"]?["version"]?.text
                return version == nil ? "It does not say its version." : nil
            } catch {
                if !content.isPublic { return "It is not JSON." }
                let line = bytes.prefix(error.offset).count { $0 == UInt8(ascii: "\n") } + 1
                return "It is not JSON: in line \(line) of it, \(error.reason)."
            }
        }
        guard let mistake else { return }
        problems.add(
            .invalidValue, at: content.origin ?? document.location, address: document.address, "\(mistake) \(advice)")
    }

    /// Beside the root disk, unless that pool holds no files.
    private func seedPool(of parts: MachineParts) -> String {
        let pool = parts.pool ?? hosts[parts.host].defaultPool.value.text ?? "default"
        return isLogical(pool, on: parts.host) ? hosts[parts.host].defaultPool.value.text ?? "default" : pool
    }

    /// The text in the manifest and that of a Secret.
    private mutating func parts(of path: String, _ keys: [String], _ document: Document) -> [SeedSource.Part] {
        var parts: [SeedSource.Part] = []
        if let inline = document.record.text("\(path).inline") {
            parts.append(
                SeedSource.Part(
                    Secret(inline.value), at: inline.location, isPublic: true,
                    isVerbatim: document.record.isLiteral("\(path).inline")))
        }
        if let reference = document.record.reference("\(path).secretRef"),
            let secret = secret(reference, keys, document)
        {
            parts.append(SeedSource.Part(secret, at: reference.location, isPublic: false))
        }
        return parts
    }

    /// A key that no SSH server takes leaves nobody to log in, and a private one is for nobody else's eyes.
    mutating func check(key: String, at location: SourceLocation?, of document: Document) {
        if key.contains("PRIVATE KEY") {
            problems.add(
                .invalidValue, at: location, address: document.address,
                "This is a private key, which should stay where it is. Give the public one: what is in the file that ends in `.pub`."
            )
            return
        }
        // sshd(8), "AUTHORIZED_KEYS FILE FORMAT": options may stand before the kind of key.
        let kinds = ["ssh-", "ecdsa-sha2-", "sk-ssh-", "sk-ecdsa-"]
        let words = key.split(whereSeparator: \.isWhitespace)
        guard !words.dropLast().contains(where: { word in kinds.contains { word.hasPrefix($0) } }) else { return }
        problems.add(
            .invalidValue, .warning, at: location, address: document.address,
            "This does not look like a public key of SSH, such as `ssh-ed25519 AAAA… name`. Give what is in the file that ends in `.pub`."
        )
    }

    /// Keys, one a line, as in a file `authorized_keys`: there may be comments between them.
    private func lines(_ text: String) -> [String] {
        text.split(whereSeparator: \.isNewline).map { String(trimmed($0)) }.filter { !$0.isEmpty && !$0.hasPrefix("#") }
    }

    // MARK: - Dependencies between machines

    /// `rigaud.io/depends-on`, once all machines are there.
    mutating func resolveDependencies() {
        let indices = Dictionary(uniqueKeysWithValues: resources.indices.map { (resources[$0].address, $0) })
        var graph = DependencyGraph()
        for document in catalog.documents where document.kind === Kind.virtualMachine {
            guard let annotation = document.annotation("rigaud.io/depends-on"),
                let index = indices[document.address]
            else { continue }
            for word in annotation.value.split(whereSeparator: { $0 == "," || $0.isWhitespace }) {
                let parts = word.split(separator: "/", omittingEmptySubsequences: false).map(String.init)
                let reference = Reference(
                    name: parts.last ?? "", namespace: parts.count == 2 ? parts[0] : nil, key: nil)
                let found = Found(value: reference, location: annotation.location)
                guard let target = find(found, Kind.virtualMachine, from: document) else { continue }
                if target.address == document.address {
                    problems.add(
                        .cycle, at: annotation.location, address: document.address,
                        "\(document.address) depends on itself.")
                    continue
                }
                if let power = target.record.text("powerState"), power.value != "On" {
                    problems.add(
                        .conflict, .warning, at: annotation.location, address: document.address,
                        "\(document.address) depends on \(target.address), which is to be off and so never ready: it starts once that is "
                            + "there.")
                }
                if !resources[index].needs.contains(target.address), indices[target.address] != nil {
                    resources[index].needs.append(target.address)
                }
                graph.edges[document.address, default: []].append((target.address, annotation.location))
            }
        }
        for circle in graph.circles() {
            let names = (circle.addresses + circle.addresses.prefix(1)).map(\.description)
            problems.add(
                .cycle, at: circle.location, address: circle.addresses.first,
                "\(names.joined(separator: " depends on ")). None of them could be started first: take one of these dependencies out."
            )
        }
    }
}
