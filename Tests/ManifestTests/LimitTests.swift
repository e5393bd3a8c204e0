import Manifest
import Model
import Testing

@Suite struct LimitTests {
    @Test func anAliasBombIsRefused() {
        var text = "a0: &a0 [x, x, x, x, x, x, x, x, x]\n"
        for level in 1...12 {
            text += "a\(level): &a\(level) [\(Array(repeating: "*a\(level - 1)", count: 9).joined(separator: ", "))]\n"
        }
        #expect(load(text).errors.map(\.code) == ["too-many-aliases"])
    }

    @Test(arguments: [("[", "]"), ("{a: ", "}")])
    func athousandLevelsAreRefused(_ open: String, _ close: String) {
        let text = "a: " + String(repeating: open, count: 1000) + String(repeating: close, count: 1000)
        #expect(load(text).errors.map(\.code) == ["too-deep"])
        let fine = "a: " + String(repeating: open, count: 90) + String(repeating: close, count: 90)
        #expect(load(fine).errors.isEmpty)
    }

    @Test func tenMegabytesAreFine() throws {
        let line = "    # a comment that makes the document large without saying anything more than this\n"
        var spec = "cpu: 1\nmemory: 1Gi\n"
        spec += "guestToolsPolicy: skip\n"
        let text = document("VMClass", "a", spec) + String(repeating: line, count: 60_000)
        let big = text + "  disks:\n" + (0..<300_000).map { "    - {name: disk-\($0)}\n" }.joined()
        #expect(big.utf8.count > 10 << 20)
        let loaded = load(big)
        #expect(loaded.errors.isEmpty)
        #expect(loaded.diagnostics.map(\.code) == ["not-honoured-yet", "not-honoured-yet"])
    }

    @Test func aliasesAndMergeKeysAreExpanded() throws {
        let loaded = load(
            """
            apiVersion: infra.virtrigaud.io/v1beta1
            kind: VirtualMachine
            metadata: {name: a}
            spec:
              resources: {cpu: 3}
              disks:
                - &disk {name: root, size: 5Gi}
                - {<<: *disk, name: data}
            """)
        #expect(loaded.resource("VirtualMachine/default/a/disk/data")?.attributes[.capacity]?.value == 5_368_709_120)
        #expect(loaded.resource("VirtualMachine/default/a/disk/root")?.attributes[.capacity]?.value == 5_368_709_120)
        #expect(loaded.resource("VirtualMachine/default/a")?.attributes[.vcpus]?.value == 3)
    }

    /// Whatever bytes come, there is an answer: nothing desired, or a reason why not.
    @Test(arguments: UInt64(0)..<200)
    func garbageNeverCrashes(_ seed: UInt64) {
        var random = Generator(state: seed)
        let words = [
            "apiVersion: infra.virtrigaud.io/v1beta1\n", "kind: VirtualMachine\n", "kind: VMClass\n", "metadata:\n",
            "  name: a\n", "spec:\n",
            "  disks:\n", "    - name: root\n", "      size: 1Gi\n", "  classRef: {name: a}\n", "- ", "  ", "\n", ": ",
            "{", "}", "[", "]", "&a ", "*a ",
            "<<: ", "---\n", "\"", "'", "|\n", "\t", "? ", "#", "!!str ", "%YAML 1.1\n", "\u{0}", "é",
            "spec: {cpu: 1, memory: 1Gi}\n", "~", "999999999999999999999Ei",
        ]
        var bytes: [UInt8] = []
        for _ in 0..<Int.random(in: 1...60, using: &random) {
            if Int.random(in: 0..<20, using: &random) == 0 {
                bytes.append(UInt8.random(in: 0...255, using: &random))
            } else {
                bytes += Array((words.randomElement(using: &random) ?? "").utf8)
            }
        }
        let loaded = loadManifests(from: .bytes(bytes, name: "-"))
        #expect((loaded.desired == nil) == !loaded.errors.isEmpty)
    }
}

/// SplitMix64.
struct Generator: RandomNumberGenerator {
    var state: UInt64
    mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var z = state
        z = (z ^ (z >> 30)) &* 0xBF58_476D_1CE4_E5B9
        z = (z ^ (z >> 27)) &* 0x94D0_49BB_1331_11EB
        return z ^ (z >> 31)
    }
}
