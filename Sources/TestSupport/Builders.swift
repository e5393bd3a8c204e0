package import Model

/// Short ways of writing down small states, for tables of tests. Everything is on the host `Provider/lab`.
package enum Lab {
    package static let lineage = ObjectID(high: 0x1111_1111_1111_4111, low: 0x8111_1111_1111_1111)
    package static let host = Host(Address(kind: "Provider", name: "lab"), uri: "test:///default")

    package static func address(_ text: String) -> Address {
        Address(text) ?? Address(kind: "Invalid", name: text)
    }

    /// A stable UUID for a name, so that tests need not care.
    package static func id(_ name: String) -> ObjectID {
        var hash: UInt64 = 0xCBF2_9CE4_8422_2325
        for byte in name.utf8 { hash = (hash ^ UInt64(byte)) &* 0x100_0000_01B3 }
        return ObjectID(high: hash, low: hash.byteSwapped)
    }

    package static func reference(_ kind: ResourceKind, _ name: String, pool: String? = nil) -> ObjectReference {
        ObjectReference(kind, host: host.address, name: name, pool: pool, id: kind == .volume ? nil : id(name))
    }

    package static func attributes(_ values: [String: Value]) -> Attributes {
        Attributes(values.compactMap { key, value in AttributePath(key).map { ($0, value) } })
    }

    package static func resource(
        _ address: String, _ values: [String: Value] = [:], needs: [String] = [], protected: Bool = false
    ) -> Resource {
        resource(address, .domain, values, needs: needs, protected: protected)
    }

    package static func resource(
        _ address: String, _ kind: ResourceKind, pool: String? = nil, _ values: [String: Value] = [:],
        needs: [String] = [], protected: Bool = false, line: Int = 1
    ) -> Resource {
        let address = Lab.address(address)
        let origin = SourceLocation(file: "lab.yaml", line: line)
        return Resource(
            address, reference(kind, name(of: address), pool: pool),
            attributes: attributes(values).mapValues { Setting($0, at: origin) }, needs: needs.map(Lab.address),
            isProtected: protected, origin: origin)
    }

    package static func desired(_ resources: [Resource], allowed: Set<Disruption> = []) -> DesiredState {
        DesiredState(
            stack: StackSettings(name: "lab", allowed: allowed), hosts: [host],
            resources: resources.sorted { $0.address < $1.address })
    }

    package static func recorded(_ resources: [Resource]) -> RecordedState {
        RecordedState(
            lineage: lineage, serial: 1,
            records: Dictionary(uniqueKeysWithValues: resources.map { ($0.address, Record(of: $0)) }),
            hosts: [host.address: host.uri])
    }

    /// A host on which these resources are exactly as wanted.
    package static func observed(_ resources: [Resource], features: Set<HostFeature> = [.hotplug, .resize])
        -> ObservedState
    {
        ObservedState(hosts: [host.address: .read(observedHost(resources, features: features))])
    }

    package static func observedHost(_ resources: [Resource], features: Set<HostFeature> = [.hotplug, .resize])
        -> ObservedHost
    {
        var result = ObservedHost(features: features)
        result.poolTargets["default"] = "/images"
        result.names[.pool] = ["default": id("default")]
        for resource in resources {
            var attributes = resource.attributes.mapValues(\.value)
            if resource.object.kind == .domain, attributes[.power] == nil { attributes[.power] = "Off" }
            var object = ObservedObject(resource.object, attributes: attributes)
            if attributes[.power] == "On" { object.running = attributes }
            if let id = resource.object.id {
                result.objects[id] = object
                result.names[resource.object.kind, default: [:]][resource.object.name] = id
            } else {
                let reference = VolumeReference(pool: resource.object.pool ?? "default", name: resource.object.name)
                result.volumes[reference] = object
                result.volumePaths[reference] = "/images/\(reference.name)"
            }
        }
        return result
    }

    private static func name(of address: Address) -> String {
        address.text.split(separator: "/").dropFirst(2).filter { $0 != "disk" }.joined(separator: "-")
    }
}
