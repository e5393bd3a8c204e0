import Model

/// Puts seeds into a desired state: a volume each, and the drive that a machine sees it in.
struct SeedSeating {
    /// The name of the drive among a machine's disks.
    static let disk = "cidata"

    private var desired: DesiredState
    private let indices: [Address: Int]
    private var pools: [Place: Address] = [:]
    private var volumes: [Place: Address] = [:]
    private var added: [Resource] = []

    init(_ desired: DesiredState) {
        self.desired = desired
        indices = Dictionary(
            desired.resources.enumerated().map { ($1.address, $0) }, uniquingKeysWith: { first, _ in first })
        for resource in desired.resources {
            switch resource.object.kind {
            case .pool: pools[Place(resource.object)] = resource.address
            case .volume: volumes[Place(resource.object)] = resource.address
            case .domain, .network: break
            }
        }
    }

    /// Gives what stands in the way; then nothing is added.
    mutating func add(_ seed: Seed, of source: SeedSource) -> [Diagnostic] {
        guard let index = indices[source.machine] else { return [] }
        let machine = desired.resources[index]
        var problems: [Diagnostic] = []
        func problem(_ problem: SeedProblem, at location: SourceLocation?, _ detail: String) {
            problems.append(
                Diagnostic(.error, problem.rawValue, problem.summary, detail, address: source.machine, at: location))
        }
        if let own = machine.attributes.first(where: { $0.path.item == SeedSeating.disk && $0.path.attribute.isOfDisks }
        ) {
            problem(
                .diskTaken, at: own.value.origin ?? source.origin,
                "\(source.machine) has a disk called `\(SeedSeating.disk)`, which is what the drive with its cloud-init seed is called. Give the disk "
                    + "another name.")
        }
        let name = "\(machine.object.name)-seed.iso"
        let place = Place(machine.object.host, .volume, name, pool: source.pool)
        if let other = volumes[place] {
            problem(
                .volumeTaken, at: source.origin,
                "The cloud-init seed of \(source.machine) is a volume `\(name)` in the pool `\(source.pool)`, and \(other) has that name there. Give one of "
                    + "them another name.")
        }
        guard problems.isEmpty else { return problems }
        let address = source.machine.part("seed/new")
        volumes[place] = address
        added.append(volume(address, of: machine, place, source))
        desired.contents[address] = .seed(seed)
        addDrive(to: index, address, Value.string("\(source.pool)/\(name)"), source)
        return []
    }

    private func volume(_ address: Address, of machine: Resource, _ place: Place, _ source: SeedSource) -> Resource {
        let pool = pools[Place(place.host, .pool, source.pool)]
        return Resource(
            address, ObjectReference(.volume, host: place.host, name: place.name, pool: place.pool),
            attributes: AttributeMap([
                (AttributePath(.volumeFormat), Setting("iso", at: source.origin)),
                (AttributePath(.content), Setting("cloud-init", at: source.origin)),
            ]),
            needs: pool.map { [$0] } ?? [], isProtected: machine.isProtected, origin: source.origin)
    }

    private mutating func addDrive(to index: Int, _ seed: Address, _ volume: Value, _ source: SeedSource) {
        let settings: [(Attribute, Value)] = [
            (.diskSource, volume), (.diskDevice, "cdrom"), (.diskFormat, "raw"), (.diskBus, .string(source.bus)),
        ]
        for (attribute, value) in settings {
            desired.resources[index].attributes[attribute, SeedSeating.disk] = Setting(value, at: source.origin)
        }
        desired.resources[index].needs.append(seed)
    }

    /// The desired state with all that was added.
    consuming func finished(_ unrendered: [SeedSource]) -> DesiredState {
        desired.resources += added
        desired.resources.sort { $0.address < $1.address }
        desired.seeds = unrendered
        return desired
    }
}

extension Attribute {
    fileprivate var isOfDisks: Bool { (row.list ?? self) == .diskSource }
}
