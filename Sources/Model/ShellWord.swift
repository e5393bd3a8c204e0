/// A word for a shell: quoted where it must be.
package func shellWord(_ text: String) -> String {
    let isPlain =
        !text.isEmpty
        && text.utf8.allSatisfy { byte in
            Character(UnicodeScalar(byte)).isLetter && byte < 0x80 || Character(UnicodeScalar(byte)).isNumber
                || "/._-:=@%+,".utf8.contains(byte)
        }
    return isPlain
        ? text : "'\(text.split(separator: "'", omittingEmptySubsequences: false).joined(separator: "'\\''"))'"
}
