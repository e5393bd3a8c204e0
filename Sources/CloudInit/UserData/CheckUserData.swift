import Model
import YAML

/// A part of user data that has been found fit.
struct CheckedPart {
    let kind: UserDataKind
    let bytes: [UInt8]
    /// A network configuration that was taken out of it.
    var network: YAMLValue?
    /// Where it stood.
    var networkOffset: Int?
}

/// Something wrong with a rendered text; the offset is in its bytes.
struct TextFault {
    let trouble: Trouble
    let offset: Int?
}

/// Checks a rendered part of user data. Nil for one that is empty, or has mistakes.
func checkUserData(
    _ bytes: [UInt8], isPublic: Bool, report: (TextFault) -> Void
) -> CheckedPart? {
    guard bytes.contains(where: { !$0.isWhitespace }) else { return nil }
    let kind = UserDataKind(of: bytes)
    switch kind {
    case nil:
        report(TextFault(trouble: unknownKind(bytes), offset: bytes.firstIndex { !$0.isWhitespace }))
        return nil
    case .gzip where isPublic:
        report(
            TextFault(
                trouble: Trouble(.unknownKind, plain: "Compressed user data can only come from a Secret."), offset: 0))
        return nil
    case .script where bytes.first != UInt8(ascii: "#"):
        report(
            TextFault(
                trouble: Trouble(
                    .invalidUserData,
                    plain: "`#!` must be the very first characters of a script: the guest's kernel looks for it there."),
                offset: bytes.firstIndex { !$0.isWhitespace }))
        return nil
    case .cloudConfig:
        return checkCloudConfig(bytes, report)
    case .cloudConfigArchive:
        guard let text = read(bytes, report) else { return nil }
        if let tree = text.tree, tree[Tree.root].kind != .sequence {
            report(
                TextFault(
                    trouble: Trouble(.invalidUserData, plain: "A `#cloud-config-archive` is a list."),
                    offset: place(of: tree, in: bytes)))
            return nil
        }
        return CheckedPart(kind: .cloudConfigArchive, bytes: bytes)
    case .some(let kind):
        return CheckedPart(kind: kind, bytes: bytes)
    }
}

private func checkCloudConfig(_ bytes: [UInt8], _ report: (TextFault) -> Void) -> CheckedPart? {
    guard let text = read(bytes, report) else { return nil }
    guard let tree = text.tree else { return CheckedPart(kind: .cloudConfig, bytes: bytes) }
    guard tree[Tree.root].kind == .mapping else {
        report(
            TextFault(
                trouble: Trouble(
                    .invalidUserData,
                    plain:
                        "A `#cloud-config` is a mapping, `key: value`; this is \(tree[Tree.root].kind == .sequence ? "a list" : "a text")."
                ),
                offset: place(of: tree, in: bytes)))
        return nil
    }
    let lines = Lines(bytes)
    for (first, second) in tree.duplicates {
        let node = tree[second]
        report(
            TextFault(
                trouble: Trouble(
                    .duplicateKey,
                    "`\(node.text)` stands in line \(tree[first].line) of the user data already. Cloud-init takes the last.",
                    discreet: "A key stands twice here. Cloud-init takes the last.", severity: .warning),
                offset: lines.offset(line: Int(node.line), column: Int(node.column))))
    }
    guard let key = NetworkCut.key(in: tree) else { return CheckedPart(kind: .cloudConfig, bytes: bytes) }
    let offset = lines.offset(line: Int(tree[key.key].line), column: Int(tree[key.key].column))
    guard let cut = NetworkCut(of: bytes, tree, key) else {
        report(
            TextFault(
                trouble: Trouble(
                    .invalidNetwork,
                    plain:
                        "Cloud-init does not read `network` here, and it could not be moved to where it does: other keys use its anchors, or it "
                        + "is written in an unusual way. Write it as a block of its own, without anchors."),
                offset: offset))
        return nil
    }
    do throws(Trouble) {
        let network = try UserNetwork.normalised(cut.network)
        return CheckedPart(kind: .cloudConfig, bytes: cut.rest, network: network, networkOffset: offset)
    } catch {
        report(TextFault(trouble: error, offset: offset))
        return nil
    }
}

/// One YAML document; nil where it is not that, which is reported.
private func read(_ bytes: [UInt8], _ report: (TextFault) -> Void) -> YAMLText? {
    do throws(YAMLError) {
        let text = try YAMLText.read(bytes)
        if let second = text.second {
            report(
                TextFault(
                    trouble: Trouble(
                        .invalidUserData,
                        plain:
                            "A second YAML document begins here, and cloud-init takes one alone. Give it a text of its own."
                    ),
                    offset: Lines(bytes).offset(line: second.line, column: second.column)))
            return nil
        }
        if let unknown = text.unknownTag {
            report(
                TextFault(
                    trouble: .unknownTag(unknown.tag, .invalidUserData, "the user data"),
                    offset: Lines(bytes).offset(line: unknown.position.line, column: unknown.position.column)))
            return nil
        }
        return text
    } catch {
        report(
            TextFault(
                trouble: error.trouble(.invalidUserData, "The user data"),
                offset: Lines(bytes).offset(line: error.line, column: error.column)))
        return nil
    }
}

private func place(of tree: Tree, in bytes: [UInt8]) -> Int {
    Lines(bytes).offset(line: Int(tree[Tree.root].line), column: Int(tree[Tree.root].column))
}

private func unknownKind(_ bytes: [UInt8]) -> Trouble {
    if let text = try? YAMLText.read(bytes), let tree = text.tree, tree[Tree.root].kind == .mapping {
        return Trouble(
            .unknownKind,
            plain:
                "This is a YAML mapping without `#cloud-config` as its first line, and cloud-init would ignore it. Put that line on top."
        )
    }
    return Trouble(
        .unknownKind,
        plain:
            "Cloud-init tells by the first line what user data is, and would ignore this one. It knows \(UserDataKind.firstLines)."
    )
}
