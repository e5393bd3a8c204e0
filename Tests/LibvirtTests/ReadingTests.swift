import Model
import Testing

@testable import Libvirt

/// What XML of libvirt's is read as, without a host: spellings that mean the same, and XML that nobody should trust.
@Suite struct ReadingTests {
    /// Two ways of saying the same of a domain: as written, and as libvirt has it after a while.
    @Test(arguments: [
        ("<memory unit='GiB'>2</memory>", "<memory unit='KiB'>2097152</memory>"),
        ("<memory>4096</memory>", "<memory unit='b'>4194304</memory>"),
        ("<memory>8</memory><currentMemory>8</currentMemory>", "<memory unit='KiB'>8</memory>"),
        ("<vcpu>4</vcpu>", "<vcpu placement='static' current='4'>4</vcpu>"),
        ("<features><acpi/></features>", "<features><acpi state='on'/></features>"),
        (
            "<cpu mode='host-passthrough'/>",
            "<cpu mode='host-passthrough' check='none' migratable='on'><feature policy='require' name='vmx'/></cpu>"
        ),
        ("<clock offset='utc'/>", "<clock offset='utc' adjustment='reset'/>"),
        ("<devices/>", "<devices><emulator>/usr/bin/qemu</emulator><controller type='pci' index='0'/></devices>"),
        (
            "<devices><disk type='file'><source file='/a'/><target dev='vda' bus='virtio'/></disk></devices>",
            """
            <devices><disk type='file' device='disk'><driver name='qemu'/><source file='/a' index='2'><privateData/></source>
            <backingStore type='file'><source file='/b'/></backingStore><target dev='vda' bus='virtio'/>
            <alias name='virtio-disk0'/><address type='pci' slot='0x04'/></disk></devices>
            """
        ),
        (
            "<devices><disk><source file='/a'/><target dev='vdb'/><alias name='ua-disk-d'/></disk></devices>",
            "<devices><disk><alias name='ua-disk-d'/><target dev='vdc'/><source file='/a'/></disk></devices>"
        ),
        (
            """
            <devices><interface type='network'><mac address='52:54:00:AA:00:01'/><source network='lan'/></interface></devices>
            """,
            """
            <devices><interface type='bridge'><mac address='52:54:00:aa:00:01'/><source network='lan' portid='1' bridge='br0'/>
            <target dev='vnet3'/><alias name='net0'/><mtu size='1500'/></interface></devices>
            """
        ),
        (
            "<devices><interface type='user'><alias name='ua-nic-a'/></interface></devices>",
            "<devices><interface type='user'><alias name='ua-nic-a'/><address type='pci' bus='0x01'/></interface></devices>"
        ),
        (
            "<devices><video><model type='qxl'/></video><graphics type='vnc' port='-1'/></devices>",
            "<devices><graphics type='vnc' port='5901' autoport='yes'/><video><model type='qxl' ram='65536'/></video></devices>"
        ),
        (
            "<os firmware='efi'><type machine='q35'>hvm</type></os>",
            "<os firmware='efi'><type arch='x86_64' machine='q35'>hvm</type><loader>/a</loader><nvram>/b</nvram></os>"
        ),
        (
            "<description>x</description>",
            "<description>x</description><seclabel type='dynamic'><label>a</label></seclabel>"
        ),
    ])
    func theSameDomain(_ written: String, _ kept: String) throws {
        let expected = try read(domainLenses, "<domain>\(written)</domain>")
        #expect(try read(domainLenses, "<domain type='kvm' id='7' xmlns:q='urn:q'>\(kept)</domain>") == expected)
    }

    @Test(arguments: [
        ("<ip address='10.0.0.1' netmask='255.255.255.0'/>", "<ip family='ipv4' address='10.0.0.1' prefix='24'/>"),
        ("<ip address='fd00::1' prefix='64'/>", "<ip address='fd00::1' prefix='64' family='ipv6' localPtr='yes'/>"),
        ("<forward/>", "<forward mode='nat'><nat><port start='1024' end='65535'/></nat></forward>"),
        ("<bridge name='b0'/>", "<bridge name='b0' stp='on' delay='0'/><mac address='52:54:00:00:00:01'/>"),
        (
            "<ip address='10.0.0.1' prefix='24'><dhcp><host mac='52:54:00:AA:00:01' ip='10.0.0.2'/></dhcp></ip>",
            "<ip address='10.0.0.1' prefix='24'><dhcp><host mac='52:54:00:aa:00:01' ip='10.0.0.2'/></dhcp></ip>"
        ),
    ])
    func theSameNetwork(_ written: String, _ kept: String) throws {
        #expect(
            try read(networkLenses, "<network>\(written)</network>")
                == read(networkLenses, "<network connections='2'>\(kept)</network>"))
    }

    /// The names of the disks in the manifest, the targets that they have, and those that they get.
    @Test(arguments: [
        (["data", "root"], [nil, nil], ["vdb", "vda"]),
        (["a", "b", "root", "z"], [nil, nil, nil, nil], ["vdb", "vdc", "vda", "vdd"]),
        (["data", "root"], ["vda", nil], ["vda", "vdb"]),
        (["root", "data"], ["vdb", nil], ["vdb", "vda"]),
    ])
    func theRootDiskComesFirst(_ names: [String], _ targets: [String?], _ expected: [String]) throws {
        let disks = zip(names, targets).map { name, target in
            "<disk>\(target.map { "<target dev='\($0)' bus='virtio'/>" } ?? "")<alias name='ua-disk-\(name)'/></disk>"
        }
        let text = "<domain><devices>\(disks.joined())</devices></domain>"
        guard let document = Parser().document(text) else { throw HostError(.invalid, "No XML", text) }
        nameDiskTargets(document.root)
        #expect(diskLenses.elements(document.root).map { $0.child("target")?["dev"] } == expected)
    }

    @Test(arguments: [
        "", "   ", "text", "<domain>", "<domain></network>", "<domain a=1/>", "<a/><b/>",
        "<!DOCTYPE domain><domain/>", "<!DOCTYPE d [<!ENTITY a 'b'>]><domain><name>&a;</name></domain>",
        "<!DOCTYPE d SYSTEM 'file:///etc/passwd'><domain/>",
        "<!DOCTYPE d [<!ENTITY f SYSTEM 'file:///etc/passwd'>]><domain>&f;</domain>", "<domain>&undefined;</domain>",
        String(repeating: "<a>", count: 100_000),
    ])
    func notLibvirts(_ text: String) {
        let isRead = Parser().document(text) != nil
        #expect(!isRead, "\(text.prefix(80))")
    }

    /// Numbers that are none, or too large, are left out; nothing ends the program.
    @Test(arguments: [
        "<memory>99999999999999999999</memory>", "<memory unit='TiB'>9223372036854775807</memory>",
        "<memory unit='parsec'>1</memory>", "<memory/>", "<memory>-</memory>", "<vcpu>many</vcpu>",
        "<vcpu current=''/>",
        "<cpu><topology sockets='x'/></cpu>", "<devices><disk/><interface/><video/></devices>",
    ])
    func whatMakesNoSense(_ text: String) throws {
        let found = try read(domainLenses, "<domain>\(text)</domain>")
        for attribute in [Attribute.memory, .maximumMemory, .vcpus, .maximumVCPUs, .cpuSockets] {
            #expect(found[attribute] == nil, "\(attribute)")
        }
    }

    private func read(_ lenses: LensTable, _ text: String) throws -> Attributes {
        guard let document = Parser().document(text) else { throw HostError(.invalid, "No XML", text) }
        var entries: [Attributes.Element] = []
        lenses.read(document.root, into: &entries)
        return Attributes(entries)
    }
}
