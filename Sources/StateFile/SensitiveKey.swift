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
            throw .damaged(location.keyPath, "a key of 32 bytes should be there, and there are \(bytes.count)")
        }
        return SensitiveKey(key: SymmetricKey(data: bytes))
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
