import Crypto

/// SHA-256 of some bytes one after the other, in hexadecimal.
package func sha256(_ parts: some Sequence<[UInt8]>) -> String {
    var hash = SHA256()
    for part in parts { hash.update(data: part) }
    return hexadecimal(Array(hash.finalize()))
}
