import CloudInit
import Model
import TestSupport

/// A machine `web` with one text of user data, which begins in line 10, column 9 of its file.
struct SeedCase {
    var source: SeedSource
    var resources: [Resource]

    static let machine = Lab.address("VirtualMachine/default/web")
    static let origin = SourceLocation(file: "web.yaml", line: 10, column: 9)

    init(_ userData: String? = nil, isPublic: Bool = true, networks: [SeedNetwork] = [], machine: String = "web") {
        source = SeedSource(
            machine: Lab.address("VirtualMachine/default/\(machine)"), labels: ["app": "shop", "a.b/c": "odd"],
            annotations: ["note": "hello"],
            sshPublicKeys: ["ssh-ed25519 AAAA one@example", "ssh-rsa BBBB two"], networks: networks,
            origin: SourceLocation(file: "web.yaml", line: 3, column: 1))
        resources = [Lab.resource("VirtualMachine/default/\(machine)", ["power": "On"])]
        if let userData { add(userData, isPublic: isPublic) }
    }

    mutating func add(_ userData: String, isPublic: Bool = true) {
        source.userData.append(SeedCase.part(userData, isPublic: isPublic))
    }

    static func part(_ text: String, isPublic: Bool = true) -> SeedSource.Part {
        SeedSource.Part(Secret(text), at: isPublic ? origin : nil, isPublic: isPublic)
    }

    func render() -> (desired: DesiredState, diagnostics: [Diagnostic]) {
        var desired = Lab.desired(resources)
        desired.seeds = [source]
        return renderSeeds(of: desired)
    }

    /// The seed; nil where it has mistakes.
    var seed: Seed? {
        let contents = render().desired.contents
        guard case .seed(let seed) = contents[SeedCase.machine.part("seed/new")] else { return nil }
        return seed
    }

    var codes: [String] {
        render().diagnostics.map { diagnostic in
            let place = diagnostic.location.map { "\($0.line):\($0.column)" } ?? "-"
            return "\(diagnostic.severity.rawValue) \(diagnostic.code) \(place)"
        }
    }

    var details: String { render().diagnostics.map(\.detail).joined(separator: "\n") }
}

extension Secret {
    var shown: String { reveal { String(decoding: $0, as: UTF8.self) } }
}

extension Seed {
    func file(_ name: String) -> String? { seedFiles(of: self).first { $0.name == name }?.bytes.shown }

    /// All files, for golden texts.
    var allFiles: String {
        seedFiles(of: self).map { "==> \($0.name)\n\($0.bytes.shown)" }.joined(separator: "\n")
    }
}

extension SeedNetwork {
    static let lan = SeedNetwork(
        item: "lan", mac: "52:54:00:00:00:01", addresses: ["192.0.2.10/24", "2001:db8::10/64"],
        gateways: ["192.0.2.1", "2001:db8::1"], routes: [Route(to: "198.51.100.0/24", via: "192.0.2.254", metric: 50)],
        nameServers: ["192.0.2.53", "2001:db8::53"], searchDomains: ["example.org"], mtu: 9000)
    static let dhcp = SeedNetwork(item: "nat", mac: "52:54:00:00:00:02")
}
