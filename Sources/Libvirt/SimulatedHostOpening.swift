import CLibvirt
import Glibc
import Model

extension SimulatedHostStore {
    /// Opens the host as it was left: libvirt's test driver reads its files, and what no file holds is done by calls.
    ///
    /// Blocks; for a lane. Writes nothing but memory.
    func open(_ host: Host, _ counter: CallCounter) throws(HostError) -> Connection {
        guard exists else {
            let path = host.uri.hasPrefix("test:///") ? String(host.uri.dropFirst("test://".count)) : "/default"
            if path != "/default", access(path, R_OK) == 0 {
                return try Connection(opening: host.uri, for: host.uri, readOnly: false, counter: counter)
            }
            return try open(SimulatedHostStore.firstNode, host, counter)
        }
        var node = "<node>\n"
        let domains = Files.names(in: "\(directory)/domains")
        for name in domains where name.hasSuffix(".xml") {
            node += "<domain file='\(escaped("\(directory)/domains/\(name)"))'/>\n"
        }
        let networks = Files.names(in: "\(directory)/networks")
        for name in networks where name.hasSuffix(".xml") {
            node += "<network file='\(escaped("\(directory)/networks/\(name)"))'/>\n"
        }
        let pools = Files.names(in: "\(directory)/pools")
        for name in pools { node += poolNode(name) }
        node += "</node>\n"
        let connection = try open(node, host, counter)
        try applyNotes(connection, domains: domains, networks: networks, pools: pools)
        return connection
    }

    /// A pool's XML with references to its volumes' files in it.
    private func poolNode(_ name: String) -> String {
        let folder = "\(directory)/pools/\(name)"
        guard let xml = Files.read("\(folder)/pool.xml"), let end = xml.range(ofLast: "</pool>") else { return "" }
        var node = String(xml[..<end])
        for volume in Files.names(in: "\(folder)/volumes") where volume.hasSuffix(".xml") {
            node += "<volume file='\(escaped("\(folder)/volumes/\(volume)"))'/>\n"
        }
        return node + "</pool>\n"
    }

    private func open(_ node: String, _ host: Host, _ counter: CallCounter) throws(HostError) -> Connection {
        let descriptor = rigaud_memory_file("rigaud-host")
        defer { close(descriptor) }
        var node = node
        guard descriptor >= 0, node.withUTF8({ Files.write(all: $0, to: descriptor) }) else {
            throw HostError(
                .failed, "The simulated host cannot be opened.",
                "There is no memory for its description: \(String(cString: strerror(errno))).", command: "free -m")
        }
        return try Connection(
            opening: "test:///proc/self/fd/\(descriptor)", for: host.uri, readOnly: false, counter: counter)
    }

    private func applyNotes(
        _ connection: Connection, domains: [String], networks: [String], pools: [String]
    ) throws(HostError) {
        for file in domains {
            if let name = file.without(suffix: ".autostart") {
                guard let domain = virDomainLookupByName(connection.pointer, realName(name)).map({ DomainHandle($0) })
                else { continue }
                virDomainSetAutostart(domain.pointer, 1)
            } else if let name = file.without(suffix: ".pending") {
                // A file that was left over is of no domain that runs.
                guard domains.contains(sorted: "\(name).xml"),
                    let domain = virDomainLookupByName(connection.pointer, realName(name)).map({ DomainHandle($0) }),
                    virDomainIsActive(domain.pointer) == 1, let xml = Files.read("\(directory)/domains/\(file)")
                else { continue }
                let purpose = Purpose("read a simulated domain's definition", realName(name), on: connection)
                _ = try DomainHandle(purpose.object("virDomainDefineXML", virDomainDefineXML(connection.pointer, xml)))
            }
        }
        for file in networks {
            if let name = file.without(suffix: ".autostart") {
                guard let network = virNetworkLookupByName(connection.pointer, realName(name)).map({ NetworkHandle($0) })
                else { continue }
                virNetworkSetAutostart(network.pointer, 1)
            } else if let name = file.without(suffix: ".inactive") {
                guard let network = virNetworkLookupByName(connection.pointer, realName(name)).map({ NetworkHandle($0) })
                else { continue }
                virNetworkDestroy(network.pointer)
            }
        }
        for name in pools {
            guard let pool = virStoragePoolLookupByName(connection.pointer, realName(name)).map({ PoolHandle($0) })
            else { continue }
            let folder = "\(directory)/pools/\(name)"
            if access("\(folder)/pool.autostart", F_OK) == 0 { virStoragePoolSetAutostart(pool.pointer, 1) }
            if access("\(folder)/pool.inactive", F_OK) == 0 { virStoragePoolDestroy(pool.pointer) }
        }
    }

    /// What `fileName` made a file's name of.
    private func realName(_ file: String) -> String {
        var bytes: [UInt8] = []
        var rest = Substring(file).utf8
        while let byte = rest.popFirst() {
            if byte == UInt8(ascii: "%"), let number = UInt8(String(decoding: rest.prefix(2), as: UTF8.self), radix: 16) {
                bytes.append(number)
                rest = rest.dropFirst(2)
            } else {
                bytes.append(byte)
            }
        }
        return String(decoding: bytes, as: UTF8.self)
    }

    /// A host that nobody has used yet.
    private static let firstNode = """
        <node>
        <network><name>default</name><uuid>6f2c9d0e-52a1-4c8e-9d4b-0d1f7a3b5c01</uuid><forward mode='nat'/>
        <bridge name='virbr0'/><ip address='192.168.122.1' netmask='255.255.255.0'>
        <dhcp><range start='192.168.122.2' end='192.168.122.254'/></dhcp></ip></network>
        <pool type='dir'><name>default</name><uuid>6f2c9d0e-52a1-4c8e-9d4b-0d1f7a3b5c02</uuid>
        <target><path>/var/lib/libvirt/images</path></target></pool>
        </node>
        """
}

extension String {
    fileprivate func without(suffix: String) -> String? {
        hasSuffix(suffix) ? String(dropLast(suffix.count)) : nil
    }

    /// Where the last occurrence of a text begins.
    fileprivate func range(ofLast text: String) -> String.Index? {
        var index = endIndex
        while index > startIndex {
            index = self.index(before: index)
            if self[index...].hasPrefix(text) { return index }
        }
        return nil
    }
}

extension [String] {
    /// Looks a name up in names that are in order.
    fileprivate func contains(sorted name: String) -> Bool {
        var low = 0
        var high = count
        while low < high {
            let middle = (low + high) / 2
            if self[middle] < name { low = middle + 1 } else { high = middle }
        }
        return low < count && self[low] == name
    }
}
