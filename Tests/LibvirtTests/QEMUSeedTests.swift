import Hypervisor
import Libvirt
import Model
import TestSupport
import Testing

/// Guests that see their seed, and are waited for.
@Suite(.needsPrivateLibvirt, .needsTestGuest) struct QEMUSeedTests {
    /// The guest's shell plays QEMU's agent: enough of it for what is asked.
    private static let agent = #"""
        for port in /sys/class/virtio-ports/*; do
            [ "$(cat $port/name)" != org.qemu.guest_agent.0 ] || device=/dev/${port##*/}
        done
        exec 3<>$device
        while :; do
            # Nothing comes where the host's end is not open, which it is some time after this one.
            read -r line <&3 || { sleep 0.1; continue; }
            id=$(echo "$line" | sed -n 's/.*"id": *\([0-9]*\).*/\1/p')
            case $line in
            *guest-sync-delimited*) printf '\377{"return": %s}\n' "$id" >&3 ;;
            *guest-sync*) echo "{\"return\": $id}" >&3 ;;
            *guest-get-host-name*) echo '{"return": {"host-name": "web"}}' >&3 ;;
            *guest-file-close*) echo '{"return": {}}' >&3 ;;
            *guest-file-open*)
                asked=$((asked + 1))
                if [ $asked -lt 3 ]; then
                    echo '{"error": {"class": "GenericError", "desc": "failed to open file: No such file or directory"}}' >&3
                else
                    echo '{"return": 1000}' >&3
                fi ;;
            *guest-network-get-interfaces*)
                mac=$(cat /sys/class/net/eth0/address | tr a-z A-Z)
                echo "{\"return\": [
                  {\"name\": \"lo\", \"hardware-address\": \"00:00:00:00:00:00\", \"ip-addresses\":
                    [{\"ip-address\": \"127.0.0.1\", \"ip-address-type\": \"ipv4\", \"prefix\": 8}]},
                  {\"name\": \"docker0\", \"hardware-address\": \"02:42:00:00:00:01\", \"ip-addresses\":
                    [{\"ip-address\": \"172.17.0.1\", \"ip-address-type\": \"ipv4\", \"prefix\": 16}]},
                  {\"name\": \"eth0\", \"hardware-address\": \"$mac\", \"ip-addresses\":
                    [{\"ip-address\": \"fe80::1\", \"ip-address-type\": \"ipv6\", \"prefix\": 64},
                     {\"ip-address\": \"127.9.9.9\", \"ip-address-type\": \"ipv4\", \"prefix\": 24},
                     {\"ip-address\": \"192.0.2.7\", \"ip-address-type\": \"ipv4\", \"prefix\": 24}]}]}" | tr -d '\n' >&3
                echo >&3 ;;
            *) echo '{"error": {"class": "CommandNotFound", "desc": "not in this agent"}}' >&3 ;;
            esac
        done
        """#

    @Test(arguments: ["scsi", "virtio"])
    func aGuestReadsItsSeed(_ bus: String) async throws {
        let target = try await ContractHosts.qemu()
        let files = [
            "user-data": "#cloud-config\nhostname: <web> & more\n", "meta-data": "instance-id: i-1\n",
            "network-config": "version: 2\nethernets: {}\n", "run": Self.agent,
        ]
        let guest = try await Guest("seed-\(bus)", seed: files, bus: bus, on: target)
        let text = try await TestGuest.console(guest.console, until: "guest: ready")
        for (name, content) in files where name != "run" {
            for line in content.split(separator: "\n") {
                #expect(text.contains("guest: seed \(name): \(line)"), "\(text)")
            }
        }
        let found = try #require(try await target.observe(guest.domain))
        #expect(found.attributes[.diskDevice, "seed"] == "cdrom")
        #expect(found.attributes[.diskBus, "seed"] == .string(bus))
        #expect(found.running == found.attributes)

        for condition in ["running", "agent", "cloud-init", "address"] {
            try await target.perform(.wait, guest.domain, [(.of(.ready), .string(condition))], timeout: 300)
        }
        // Libvirt lets nobody ask an agent who may not write.
        let writer = try await target.hypervisor.writer(for: target.host)
        #expect(try await writer.status(of: [guest.domain]).first?.addresses == ["192.0.2.7"])
        let port = await #expect(throws: HostError.self) {
            try await target.perform(.wait, guest.domain, [(.of(.ready), "tcp:9")], timeout: 10)
        }
        #expect(port?.reason == .timedOut)
        #expect(
            port?.detail.contains("running, no connection at 192.0.2.7") == true,
            "\(String(describing: port))")
        try await guest.delete()
    }

    @Test func aGuestWithoutAnAgentIsWaitedForInVain() async throws {
        let target = try await ContractHosts.qemu()
        let guest = try await Guest("agentless", seed: [:], bus: "scsi", on: target)
        let words = [
            (
                "address",
                "it has no address. Last seen: running, no address, no DHCP lease, the guest agent does not answer"
            ),
            ("agent", "its guest agent does not answer. Last seen: running"),
            ("cloud-init", "cloud-init in it has not finished. Last seen: running, the guest agent does not answer"),
            ("tcp:22", "no connection to TCP port 22 of it was made. Last seen: running, no address"),
        ]
        for (condition, expected) in words {
            let error = await #expect(throws: HostError.self) {
                try await target.perform(.wait, guest.domain, [(.of(.ready), .string(condition))], timeout: 1)
            }
            #expect(error?.reason == .timedOut)
            #expect(error?.detail.contains("seconds \(expected)") == true, "\(String(describing: error))")
        }
        try await guest.delete()
    }
}

/// A test guest with a seed, running.
private struct Guest {
    let target: ContractHost
    let domain: ObjectReference
    let console: String
    private let volumes: [ObjectReference]

    init(_ name: String, seed files: [String: String], bus: String, on target: ContractHost) async throws {
        self.target = target
        domain = target.reference(.domain, name)
        let root = target.reference(.volume, "\(name)-root.qcow2", pool: target.pool)
        let seed = target.reference(.volume, "\(name)-seed.iso", pool: target.pool)
        let ignition = target.reference(.volume, "\(name).ign", pool: target.pool)
        volumes = [root, seed, ignition]
        try await target.perform(
            .create, root,
            [
                (.of(.volumeFormat), "qcow2"), (.of(.backing), .string(try await TestGuest.image())),
                (.of(.backingFormat), "qcow2"), (.of(.capacity), .integer(32 << 20)),
            ])
        let image = try await TestImages.seed(files.isEmpty ? ["meta-data": ""] : files, in: target.scratch)
        try await target.fill(seed, with: image, [(.of(.volumeFormat), "iso")])
        let config = try target.scratch.write("{\"ignition\": {\"version\": \"3.3.0\"}}", to: "config.ign")
        let length = try TestImages.length(of: config)
        try await target.fill(
            ignition, with: LocalImage(path: config, format: .raw, length: length, capacity: length, isPrivate: true),
            [(.of(.volumeFormat), "raw")])
        try await target.perform(
            .create, domain,
            [
                (.of(.vcpus), 1), (.of(.memory), .integer(160 << 20)), (.of(.machine), "q35"),
                (.of(.ignition), .string("\(target.pool)/\(ignition.name)")),
                (.of(.diskSource, "root"), .string("\(target.pool)/\(root.name)")), (.of(.diskFormat, "root"), "qcow2"),
                (.of(.diskBus, "root"), "virtio"), (.of(.diskSource, "seed"), .string("\(target.pool)/\(seed.name)")),
                (.of(.diskDevice, "seed"), "cdrom"), (.of(.diskFormat, "seed"), "raw"),
                (.of(.diskBus, "seed"), .string(bus)), (.of(.nicSource, "lan"), "user"),
                (.of(.nicModel, "lan"), "virtio"),
            ])
        console = try await target.log(consoleOf: domain)
        try await target.perform(.start, domain)
    }

    func delete() async throws {
        for object in [domain] + volumes { try await target.perform(.delete, object) }
    }
}
