import Model

/// An annotation that means something: one row each, for reading, checking and the field reference.
struct AnnotationRow: Sendable {
    let key: String
    /// What it must be, to follow "is".
    let expectation: String
    let isValid: @Sendable (String) -> Bool
    /// What it is on, and what it does.
    let doc: String

    static let all: [AnnotationRow] = [
        flag("rigaud.io/protect", "On any kind: it is never deleted or replaced."),
        flag("rigaud.io/autostart", "On a VirtualMachine: it starts with its host."),
        text("rigaud.io/description", "On a VirtualMachine: its description in libvirt."),
        AnnotationRow(
            key: "rigaud.io/ready",
            expectation: "`running`, `address`, `agent`, `cloud-init`, or `tcp:` with a port, such as `tcp:22`",
            isValid: { readiness($0) != nil },
            doc:
                "On a VirtualMachine: what it is to have before an apply takes it for ready, and goes on with what depends on it. "
                + "`running` where it is left out."),
        AnnotationRow(
            key: "rigaud.io/ready-timeout", expectation: "a duration such as `90s` or `10m`",
            isValid: { parseDuration($0).map { $0 > 0 } ?? false },
            doc: "On a VirtualMachine: how long it may take to be ready. `10m` where it is left out."),
        text(
            "rigaud.io/depends-on",
            "On a VirtualMachine: others that are ready before it starts, with commas between: `db, cache`, or `ci/db` of another "
                + "namespace."),
        flag(
            "rigaud.io/disk-copy",
            "On a VirtualMachine: its root disk is a full copy of the image, and not an overlay."),
        word(
            "rigaud.io/seed-change", SeedSource.ChangePolicy.allCases.map(\.rawValue),
            "On a VirtualMachine: what happens when its cloud-init seed changes after it was made. `next-boot`: it gets the new seed "
                + "and is a new instance for cloud-init at its next boot. `ignore`: it keeps the former one. `replace`: its root disk is "
                + "made anew."),
        word(
            "rigaud.io/seed-bus", ["scsi", "sata", "ide", "usb"],
            "On a VirtualMachine: the bus of the CD-ROM drive with its seed. `scsi` (virtio) where it is left out, since cloud kernels "
                + "have no driver for the others."),
        text(
            "rigaud.io/ssh-public-keys",
            "On a VirtualMachine: keys that its cloud-init lets in, one a line; those of the Stack are added."),
        AnnotationRow(
            key: "rigaud.io/ignore",
            expectation: "one rule a line, `path: reason` or `path until 2027-01-31: reason`",
            isValid: { readIgnored($0) != nil },
            doc:
                "On any kind that objects are made of, a Provider or the Stack: drift of it that is neither reported nor repaired, as in "
                + "`spec.ignore` of a Stack."),
        AnnotationRow(
            key: "rigaud.io/suspend", expectation: "a reason, or `until 2027-01-31: reason`",
            isValid: { readSuspended($0) != nil },
            doc:
                "On any kind that objects are made of, a Provider or the Stack: it is left alone for a while, as in `spec.suspend` of a "
                + "Stack."),
    ]

    static let byKey = Dictionary(uniqueKeysWithValues: all.map { ($0.key, $0) })

    private static func flag(_ key: String, _ doc: String) -> AnnotationRow {
        AnnotationRow(key: key, expectation: "`\"true\"` or `\"false\"`", isValid: { readFlag($0) != nil }, doc: doc)
    }

    private static func word(_ key: String, _ words: [String], _ doc: String) -> AnnotationRow {
        AnnotationRow(
            key: key, expectation: "one of " + words.map { "`\($0)`" }.joined(separator: ", "),
            isValid: words.contains, doc: doc)
    }

    private static func text(_ key: String, _ doc: String) -> AnnotationRow {
        AnnotationRow(key: key, expectation: "a text", isValid: { _ in true }, doc: doc)
    }
}

/// The canonical word for what readiness means; nil for anything else.
func readiness(_ text: String) -> String? {
    let words = ["running", "address", "agent", "cloud-init"]
    if words.contains(text) { return text }
    guard text.hasPrefix("tcp:"), let port = Int(text.dropFirst(4)), (1...65535).contains(port) else { return nil }
    return "tcp:\(port)"
}

extension Resolver {
    mutating func checkAnnotations(_ document: Document) {
        for annotation in document.annotations where annotation.key.hasPrefix("rigaud.io/") {
            guard let row = AnnotationRow.byKey[annotation.key] else {
                let keys = AnnotationRow.all.map(\.key)
                let advice = nearest(to: annotation.key, in: keys).map { "Did you mean `\($0)`?" }
                problems.add(
                    .unknownAnnotation, .warning, at: annotation.location, address: document.address,
                    "`\(annotation.key)` means nothing to rigaud. "
                        + (advice ?? "It knows \(keys.map { "`\($0)`" }.joined(separator: ", "))."))
                continue
            }
            if !row.isValid(annotation.value) {
                problems.add(
                    .invalidValue, at: annotation.location, address: document.address,
                    "`\(annotation.key)` is \(row.expectation).")
            } else if annotation.key == ignoreKey || annotation.key == suspendKey, !document.isLeftAlone {
                problems.add(
                    .unknownAnnotation, .warning, at: annotation.location, address: document.address,
                    "`\(annotation.key)` has no effect on a \(document.kind.name), which no object is made of by itself."
                )
            }
        }
    }
}
