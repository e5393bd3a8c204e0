package import Model
import YAML

/// The files of a seed, as the NoCloud data source wants them (cloud-init's reference, "NoCloud").
///
/// `user-data` is there even where it says nothing: without it cloud-init does not take the drive for a seed.
package func seedFiles(of seed: Seed) -> [(name: String, bytes: Secret)] {
    var files = [("meta-data", metaData(of: seed)), ("user-data", seed.userData ?? Secret([]))]
    if let networkConfig = seed.networkConfig ?? generatedNetworkConfig(of: seed) {
        files.append(("network-config", networkConfig))
    }
    return files
}

/// What the manifest itself says of a key wins over what is generated.
private func metaData(of seed: Seed) -> Secret {
    let own =
        seed.metaData?.reveal { bytes in (try? YAMLText.read(bytes))?.tree.flatMap { YAMLValue($0)?.entries } } ?? []
    var keys = seed.sshPublicKeys
    if let more = YAMLValue.map(own)["public-keys"] {
        for key in publicKeys(in: more) where !keys.contains(key) { keys.append(key) }
    }
    var entries = [
        YAMLValue.Entry("instance-id", .string("iid-\(seed.digest ?? seed.hostName)")),
        YAMLValue.Entry("local-hostname", .string(seed.hostName)),
    ]
    if !keys.isEmpty { entries.append(YAMLValue.Entry("public-keys", .strings(keys))) }
    for entry in own where entry.key.text != "public-keys" {
        if let index = entries.firstIndex(where: { $0.key.text == entry.key.text }) {
            entries[index] = entry
        } else {
            entries.append(entry)
        }
    }
    return Secret(YAMLWriter.write(.map(entries)))
}

/// Cloud-init takes a text of lines, a list, or a mapping of names to either.
private func publicKeys(in value: YAMLValue) -> [String] {
    switch value {
    case .string(let text), .plain(let text):
        text.split(separator: "\n").map(String.init)
    case .list(let items): items.flatMap(publicKeys)
    case .map(let entries): entries.flatMap { publicKeys(in: $0.value) }
    }
}
