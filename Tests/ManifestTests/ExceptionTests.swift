import Model
import Testing

@testable import Manifest

@Suite struct ExceptionTests {
    private let machine = document(
        "VirtualMachine", "web", "classRef: c",
        metadata: """
              annotations:
                rigaud.io/ignore: |
                  vcpus: the console changes it
                  disks/*/cache until 2027-01-31: a trial: of caches
                rigaud.io/suspend: "until 2027-02-01: it is moved"

            """)
    private let others =
        document("Provider", "h", "type: libvirt\nendpoint: test:///default")
        + document("VMClass", "c", "cpu: 2\nmemory: 1Gi")

    @Test func theStackAndAnnotationsSayWhat() {
        let stack = own(
            "Stack", "lab",
            """
            ignore:
              - {address: Provider/h, path: "networks/lan/*", reason: somebody else's, until: "2027-01-31"}
              - {path: description, reason: people write there}
            suspend:
              - {address: VirtualMachine/ci/web, reason: a fight}
              - {reason: holidays, until: "2027-01-02"}
            """)
        let settings = load(others + stack + machine).desired?.stack
        let address = Address("VirtualMachine/web")
        #expect(
            settings?.ignored.map { "\($0.address?.text ?? "-") \($0.path) \($0.until ?? "-") \($0.reason)" } == [
                "Provider/default/h networks/lan/* 2027-01-31 somebody else's", "- description - people write there",
                "VirtualMachine/default/web vcpus - the console changes it",
                "VirtualMachine/default/web disks/*/cache 2027-01-31 a trial: of caches",
            ])
        #expect(settings?.suspended.map(\.address) == [Address("VirtualMachine/ci/web"), nil, address])
        #expect(settings?.suspended.map(\.until) == [nil, "2027-01-02", "2027-02-01"])
        #expect(settings?.suspended.map(\.reason) == ["a fight", "holidays", "it is moved"])
        #expect(settings?.ignored.first?.origin?.file == "stack.yaml")
    }

    @Test(arguments: [
        "ignore: [{path: vcpus}]", "ignore: [{reason: x}]", "ignore: [{path: vcpu, reason: x}]",
        "ignore: [{path: vcpus, reason: \"\"}]", "ignore: [{path: vcpus, reason: x, until: tomorrow}]",
        "ignore: [{path: vcpus, reason: x, until: \"2027-02-30\"}]", "ignore: [{path: vcpus, reason: x, address: web}]",
        "ignore: [{path: vcpus, reason: x, address: Machine/web}]", "suspend: [{address: VirtualMachine/web}]",
        "suspend: [{reason: x, until: \"31.1.2027\"}]", "suspend: [{reason: x, untill: \"2027-01-31\"}]",
    ])
    func whatIsNoRule(_ spec: String) {
        let loaded = load(others + own("Stack", "lab", spec))
        #expect(loaded.desired == nil && loaded.diagnostics.contains { $0.severity == .error }, "\(loaded.diagnostics)")
    }

    @Test(arguments: [
        "vcpus", "vcpus:reason", ": reason", "vcpus: ", "vcpu: x", "vcpus til 2027-01-31: x", "vcpus until soon: x", "",
        "vcpus: x\nmemory",
    ])
    func whatIsNoAnnotationToIgnore(_ text: String) { #expect(readIgnored(text) == nil) }

    @Test(arguments: ["", " ", "until 2027-01-31", "until soon: x", "until 2027-01-31:", "one\ntwo"])
    func whatIsNoAnnotationToSuspend(_ text: String) { #expect(readSuspended(text) == nil) }

    @Test func whatNoObjectIsMadeOfIsNotLeftAlone() {
        let loaded = load(
            document(
                "VMClass", "c", "cpu: 2\nmemory: 1Gi",
                metadata: "  annotations: {rigaud.io/suspend: x, rigaud.io/ignore: \"vcpus: x\"}\n"))
        #expect(loaded.diagnostics.map(\.code) == ["unknown-annotation", "unknown-annotation"])
        #expect(loaded.desired?.stack.suspended.isEmpty == true && loaded.desired?.stack.ignored.isEmpty == true)
    }
}
