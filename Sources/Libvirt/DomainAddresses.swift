import CLibvirt
import Glibc
import Model

/// A guest's addresses, and what each of those who may know them said.
struct FoundAddresses: Sendable {
    /// Without loopback and link-local ones, in order.
    var addresses: [String] = []
    /// As "no DHCP lease"; one for each source that knew none.
    var silences: [String] = []
}

extension HostSession {
    /// From leases, the guest's agent and the host's ARP table. That one of them fails says nothing of the others.
    ///
    /// - Parameter macs: Those of the domain's interfaces, in lower case: a guest has other interfaces too, for its
    ///   containers say. Empty where they are not known.
    func addresses(of domain: borrowing DomainHandle, macs: Set<String>) -> FoundAddresses {
        let sources: [(virDomainInterfaceAddressesSource, String, String)] = [
            (VIR_DOMAIN_INTERFACE_ADDRESSES_SRC_LEASE, "no DHCP lease", "no DHCP lease"),
            (
                VIR_DOMAIN_INTERFACE_ADDRESSES_SRC_AGENT, "no address from the guest agent",
                "the guest agent does not answer"
            ),
            (
                VIR_DOMAIN_INTERFACE_ADDRESSES_SRC_ARP, "nothing in the host's ARP table",
                "nothing in the host's ARP table"
            ),
        ]
        var found: Set<String> = []
        var result = FoundAddresses()
        for (source, nothing, failed) in sources {
            var array: UnsafeMutablePointer<virDomainInterfacePtr?>?
            connection.counter.count("virDomainInterfaceAddresses")
            let count = virDomainInterfaceAddresses(domain.pointer, &array, UInt32(source.rawValue), 0)
            let before = found.count
            for index in 0..<Int(max(0, count)) {
                guard let interface = array?[index] else { continue }
                let mac = interface.pointee.hwaddr.map { String(cString: $0).lowercased() }
                if macs.isEmpty || mac.map(macs.contains) == true {
                    for place in 0..<Int(interface.pointee.naddrs) {
                        guard let text = interface.pointee.addrs?[place].addr else { continue }
                        let address = String(cString: text)
                        if !isLocal(address) { found.insert(address) }
                    }
                }
                virDomainInterfaceFree(interface)
            }
            free(array)
            if found.count == before { result.silences.append(count < 0 ? failed : nothing) }
        }
        result.addresses = found.sorted()
        return result
    }

    private func isLocal(_ address: String) -> Bool {
        let address = address.lowercased()
        let isLinkLocal = ["fe8", "fe9", "fea", "feb"].contains { address.hasPrefix($0) }
        return address.hasPrefix("127.") || address == "::1" || address.hasPrefix("169.254.") || isLinkLocal
    }
}

/// The MAC addresses of a domain's interfaces, in lower case.
func interfaceMACs(_ root: Element) -> Set<String> {
    Set(interfaceLenses.elements(root).compactMap { $0.child("mac")?["address"]?.lowercased() })
}
