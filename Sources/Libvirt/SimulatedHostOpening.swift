import CLibvirt
import Glibc
import Model

extension SimulatedHostStore {
    /// Opens the host as it was left. Libvirt's test driver reads what there is little of from a description; the domains
    /// are added by calls, in all lanes at once: a description of thousands takes one thread, and much memory.
    ///
    /// Writes nothing but memory.
    func open(_ host: Host, _ counter: CallCounter, _ lanes: Lanes) async throws(HostError) -> Connection {
        guard exists else {
            return try await lanes.run { () throws(HostError) in try openUnused(host, counter) }
        }
        var attempts = 0
        while true {
            do throws(HostError) {
                return try await openAsLeft(host, counter, lanes)
            } catch {
                // A file that another process took away since the directory was read: look again.
                attempts += 1
                guard attempts < 5, error.reason != .full else { throw error }
                try? await Task.sleep(for: .milliseconds(10 * attempts))
            }
        }
    }

    private func openUnused(_ host: Host, _ counter: CallCounter) throws(HostError) -> Connection {
        let path = host.uri.hasPrefix("test:///") ? String(host.uri.dropFirst("test://".count)) : "/default"
        if path != "/default", access(path, R_OK) == 0 {
            return try Connection(opening: host.uri, for: host.uri, readOnly: false, counter: counter)
        }
        return try open(SimulatedHostStore.firstNode, host, counter)
    }

    private func openAsLeft(
        _ host: Host, _ counter: CallCounter, _ lanes: Lanes
    ) async throws(HostError) -> Connection {
        let connection = try await lanes.run { () throws(HostError) in
            let networks = Files.names(in: "\(directory)/networks")
            let pools = Files.names(in: "\(directory)/pools")
            var node = "<node>\n"
            for name in networks where name.hasSuffix(".xml") {
                node += "<network file='\(escaped("\(directory)/networks/\(name)"))'/>\n"
            }
            for name in pools { node += poolNode(name) }
            node += "</node>\n"
            let connection = try open(node, host, counter)
            applyNotes(connection, networks: networks, pools: pools)
            return connection
        }
        let files = DomainFiles(in: directory)
        _ = try await lanes.map(count: files.names.count) { range throws(HostError) -> [Never] in
            for index in range { try files.addDomain(at: index, to: connection) }
            return []
        }
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
                .failed, "The simulated host cannot be opened",
                "There is no memory for its description: \(String(cString: strerror(errno))).", command: "free -m")
        }
        return try Connection(
            opening: "test:///proc/self/fd/\(descriptor)", for: host.uri, readOnly: false, counter: counter)
    }

    private func applyNotes(_ connection: Connection, networks: [String], pools: [String]) {
        for file in networks {
            if let name = file.without(suffix: ".autostart") {
                guard
                    let network = virNetworkLookupByName(connection.pointer, realName(name)).map({ NetworkHandle($0) })
                else { continue }
                virNetworkSetAutostart(network.pointer, 1)
            } else if let name = file.without(suffix: ".inactive") {
                guard
                    let network = virNetworkLookupByName(connection.pointer, realName(name)).map({ NetworkHandle($0) })
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
            if byte == UInt8(ascii: "%"), let number = UInt8(String(decoding: rest.prefix(2), as: UTF8.self), radix: 16)
            {
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
