import Hypervisor
import Model
import StateFile

/// What must be read of each host to compare the desired and the recorded with it, and to resolve open intents.
func interests(desired: DesiredState, recorded: RecordedState, intents: [OpenIntent]) -> [Address: Interest] {
    var result: [Address: Interest] = [:]
    for host in desired.hosts { result[host.address] = Interest() }
    for resource in desired.resources {
        result[resource.object.host, default: Interest()].add(resource.object)
        for path in [Attribute.backing, .diskSource] {
            for (key, setting) in resource.attributes where key.attribute == path {
                guard let pool = setting.value.text.flatMap({ VolumeReference($0) })?.pool else { continue }
                result[resource.object.host, default: Interest()].pools.insert(pool)
            }
        }
    }
    for record in recorded.records.values { result[record.object.host, default: Interest()].add(record.object) }
    for intent in intents { result[intent.object.host, default: Interest()].add(intent.object) }
    return result
}

extension Interest {
    fileprivate mutating func add(_ object: ObjectReference) {
        if let id = object.id { objects.insert(id) }
        if object.kind == .volume, let pool = object.pool {
            volumes[pool, default: []].insert(object.name)
            pools.insert(pool)
        }
    }
}
