import Crypto
import Glibc
package import Model

/// The key under which sensitive values are recorded as digests: whether one changed can be told, what it is cannot, not
/// even by trying likely values, without the key. It is 32 random bytes in a file beside the state, for the owner alone.
/// A copy of the state without it gives nothing away; should it be lost, sensitive values only look changed once.
package struct SensitiveKey: Sendable {
    private let key: SymmetricKey

    /// Reads the key; nil where there is none yet.
    package static func read(_ location: StateLocation) throws(StateError) -> SensitiveKey? {
        guard let bytes = try OpenFile.reading(location.keyPath)?.contents(limit: 1 << 12) else { return nil }
        guard bytes.count == 32 else {
            throw .keyLost(location, "It should have 32 bytes, and has \(bytes.count).")
        }
        return SensitiveKey(key: SymmetricKey(data: bytes))
    }

    /// Whether the key is there that a state needs: seeds and Ignition configurations are named under it.
    static func check(_ location: StateLocation, for records: some Sequence<Record>) throws(StateError) {
        guard try read(location) == nil, let record = records.first(where: \.isNamedByContent) else { return }
        throw .keyLost(location, "It is not there, and \(record.address) was named under it.")
    }

    /// Reads the key, or makes it. Only the holder of the lock may call it, so that there is one.
    package static func load(_ location: StateLocation) throws(StateError) -> SensitiveKey {
        if let key = try read(location) { return key }
        try makeDirectory(location.directory)
        let key = SymmetricKey(size: .bits256)
        let temporary = location.keyPath + ".new"
        unlink(temporary)
        let file = try OpenFile.writing(temporary, flags: O_EXCL)
        try file.write(key.withUnsafeBytes { Array($0) }, at: 0)
        try file.synchronize()
        if rename(temporary, location.keyPath) != 0 { throw .writing(location.keyPath, errno) }
        try synchronizeDirectory(location.directory)
        return SensitiveKey(key: key)
    }

    /// What is recorded for a value: HMAC-SHA-256, with the address and attribute in it, so that two equal passwords do
    /// not look equal.
    package func digest(of secret: Secret, at address: Address, _ path: AttributePath) -> String {
        let digest = secret.reveal { bytes in
            var mac = HMAC<SHA256>(key: key)
            mac.update(data: Array("\(address.text)\n\(path)\n".utf8))
            mac.update(data: bytes)
            return mac.finalize()
        }
        return "hmac-sha256:" + hexadecimal(digest)
    }

    /// Twelve hexadecimal digits that stand for what a resource's volume is filled with.
    func fingerprint(_ content: Secret, of address: Address) -> String {
        String(digest(of: content, at: address, AttributePath(.content)).suffix(64).prefix(12))
    }
}

extension Record {
    fileprivate var isNamedByContent: Bool {
        address.isOfSeed || address.isOfIgnition
    }
}

extension StateError {
    fileprivate static func keyLost(_ location: StateLocation, _ what: String) -> StateError {
        StateError(
            .keyLost,
            "\(location.keyPath): \(what) Nothing was changed. Put it back from where the state is backed up. If it is lost for good, "
                + "see to it that no file is there: the next apply makes a new key, and then every seed counts as changed once.",
            command: "ls -l \(shellWord(location.keyPath))")
    }
}
