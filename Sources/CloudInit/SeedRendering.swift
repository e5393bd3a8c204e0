import Model
import YAML

/// Makes one machine's seed of its texts.
struct SeedRendering {
    /// Of the user data, and of the metadata: NoCloud has no limit of its own, and this is far above what anybody writes.
    static let sizeLimit = 1 << 20

    private let source: SeedSource
    private let hostName: String
    private(set) var diagnostics: [Diagnostic] = []
    /// What the user data says of the network.
    private var network: YAMLValue?
    /// The metadata says what the guest is called.
    private var hasHostName = false

    init(_ source: SeedSource) {
        self.source = source
        hostName = String(source.machine.name)
    }

    /// Nil where there is an error among the diagnostics.
    mutating func render() -> Seed? {
        let data = TemplateValue(of: source, hostName: hostName)
        var parts: [(kind: UserDataKind, bytes: [UInt8])] = []
        for part in source.userData {
            if let checked = userData(part, data) { parts.append((checked.kind, checked.bytes)) }
        }
        let metaData = metaData(data)
        if !isHostName(hostName), !hasHostName {
            let trouble = SeedProblem.invalidMetaData
            diagnostics.append(
                Diagnostic(
                    .warning, trouble.rawValue, trouble.summary,
                    "The name of \(source.machine) is no host name, which has at most 63 letters between dots, and its guest would not take "
                        + "it. Give it another one by `local-hostname` in its metadata (`metaData.cloudInit.inline`).",
                    address: source.machine, at: source.origin))
        }
        let userData = joinedParts(parts)
        if userData.count > SeedRendering.sizeLimit {
            report(size: userData.count, of: "user data", source.userData.first?.origin)
        }
        guard !diagnostics.contains(where: { $0.severity == .error }) else { return nil }
        return Seed(
            hostName: hostName, userData: parts.isEmpty ? nil : Secret(userData), metaData: metaData,
            sshPublicKeys: source.sshPublicKeys, networks: source.networks,
            networkConfig: network.map { Secret(YAMLWriter.write($0)) }, policy: source.policy)
    }

    private func reporter(_ part: SeedSource.Part, _ bytes: [UInt8]) -> PartReport {
        PartReport(part: part, lines: Lines(bytes), machine: source.machine, fallback: source.origin)
    }

    private mutating func report(size: Int, of what: String, _ origin: SourceLocation?) {
        let trouble = SeedProblem.tooLarge
        diagnostics.append(
            Diagnostic(
                .error, trouble.rawValue, trouble.summary,
                "The \(what) of \(source.machine) is \(size) bytes, and at most \(SeedRendering.sizeLimit) (1 MiB) are taken. Let the guest fetch what is large.",
                address: source.machine, at: origin ?? source.origin))
    }

    /// A text with its names filled in; nil where that failed, which is reported.
    private mutating func rendered(
        _ bytes: [UInt8], _ part: SeedSource.Part, _ reporter: PartReport, _ data: TemplateValue
    ) -> RenderedText? {
        guard String(validating: bytes, as: UTF8.self) != nil else {
            diagnostics.append(
                reporter.diagnostic(
                    Trouble(.notText, plain: "The text is not UTF-8, and neither cloud-init nor rigaud could read it."),
                    at: nil))
            return nil
        }
        switch renderTemplate(bytes, data: data) {
        case .success(let text): return text
        case .failure(let error):
            diagnostics += error.faults.map { reporter.diagnostic($0.trouble, at: $0.offset) }
            return nil
        }
    }

    private mutating func userData(_ part: SeedSource.Part, _ data: TemplateValue) -> CheckedPart? {
        let bytes = part.text.reveal { $0 }
        let reporter = reporter(part, bytes)
        let kind = UserDataKind(of: bytes)
        // Compressed, or a template of cloud-init's own: what is in it is not for us.
        let isOurs = kind != .jinja && (kind != .gzip || part.isPublic)
        guard let text = isOurs ? rendered(bytes, part, reporter, data) : RenderedText(verbatim: bytes) else {
            return nil
        }
        var faults: [Diagnostic] = []
        let checked = checkUserData(text.bytes, isPublic: part.isPublic) { fault in
            faults.append(reporter.diagnostic(fault.trouble, at: fault.offset.map(text.source)))
        }
        diagnostics += faults
        if let checked, let value = checked.network, let offset = checked.networkOffset {
            take(value, at: text.source(of: offset), reporter)
        }
        return checked
    }

    /// Keeps a network configuration that stood in user data, unless somebody else says what the network is.
    private mutating func take(_ value: YAMLValue, at offset: Int, _ reporter: PartReport) {
        if network != nil {
            diagnostics.append(
                reporter.diagnostic(
                    Trouble(
                        .networkConflict,
                        plain: "Another part of the user data has a `network` already. Keep one of them."), at: offset))
            return
        }
        network = value
        let configured = source.networks.filter(\.isConfigured)
        guard configured.isEmpty else {
            let names = configured.map { "`\($0.item)`" }.joined(separator: ", ")
            diagnostics.append(
                reporter.diagnostic(
                    Trouble(
                        .networkConflict,
                        plain:
                            "`network` in the user data says what the guest's network is, and so does the manifest, of the interface\(configured.count == 1 ? "" : "s") \(names). Keep one of them."
                    ),
                    at: offset))
            return
        }
        diagnostics.append(
            reporter.diagnostic(
                Trouble(
                    .networkMoved,
                    plain:
                        "Cloud-init does not read `network` from user data. It was moved from here to the seed's network-config, "
                        + "where it does.", severity: .notice), at: offset))
    }

    /// The manifest's own metadata, of all its texts, as one mapping.
    private mutating func metaData(_ data: TemplateValue) -> Secret? {
        var entries: [YAMLValue.Entry] = []
        var size = 0
        for part in source.metaData {
            let bytes = part.text.reveal { $0 }
            let reporter = reporter(part, bytes)
            guard let text = rendered(bytes, part, reporter, data) else { continue }
            size += text.bytes.count
            do throws(TextFailure) {
                for entry in try metaDataEntries(text.bytes) {
                    if entries.contains(where: { $0.key.text == entry.key.text }) {
                        let trouble = Trouble(
                            .invalidMetaData,
                            "Two texts of metadata say what `\(entry.key.text ?? "")` is. Keep one of them.",
                            discreet: "This text of metadata has a key that another one has too. Keep one of them.")
                        throw TextFailure(fault: TextFault(trouble: trouble, offset: nil))
                    }
                    entries.append(entry)
                    if entry.key.text == "local-hostname" { hasHostName = true }
                }
            } catch {
                diagnostics.append(reporter.diagnostic(error.fault.trouble, at: error.fault.offset.map(text.source)))
            }
        }
        if size > SeedRendering.sizeLimit { report(size: size, of: "metadata", source.metaData.first?.origin) }
        return entries.isEmpty ? nil : Secret(YAMLWriter.write(.map(entries)))
    }
}

extension SeedNetwork {
    /// The manifest asks for something of the guest's network here, be it that it is left alone.
    var isConfigured: Bool {
        isUnconfigured || mtu != nil || !addresses.isEmpty || !gateways.isEmpty || !routes.isEmpty
            || !nameServers.isEmpty
            || !searchDomains.isEmpty
    }
}

/// What is wrong with user data that no machine has: all of a text that is no template, and of one that is, what would be
/// wrong with it for every machine.
func unusedTemplateDiagnostics(_ source: SeedSource) -> [Diagnostic] {
    source.userData.flatMap { part -> [Diagnostic] in
        let bytes = part.text.reveal { $0 }
        let reporter = PartReport(part: part, lines: Lines(bytes), machine: source.machine, fallback: source.origin)
        let kind = UserDataKind(of: bytes)
        if kind == .jinja || kind == .gzip { return [] }
        do throws(TemplateFaults) {
            if isTemplate(bytes) {
                _ = try parseTemplate(bytes, data: TemplateValue(of: source, hostName: String(source.machine.name)))
                return []
            }
        } catch {
            return error.faults.map { reporter.diagnostic($0.trouble, at: $0.offset) }
        }
        var found: [Diagnostic] = []
        _ = checkUserData(bytes, isPublic: part.isPublic) {
            found.append(reporter.diagnostic($0.trouble, at: $0.offset))
        }
        return found
    }
}
