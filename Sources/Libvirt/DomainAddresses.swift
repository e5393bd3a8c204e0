import CLibvirt
import Glibc
import Model

/// A guest's addresses, and what each of those who may know them said.
struct FoundAddresses: Sendable {
    /// Without loopback and link-local ones, in order.
    var addresses: [String] = []
    /// As "no DHCP lease"; one for each source that knew none.
    var silences: [String] = []

    /// What was seen of a guest that has none.
    var silence: String { (["running", "no address"] + silences).joined(separator: ", ") }
}

extension HostSession {
    /// From leases, the guest's agent and the host's ARP table. That one of them fails says nothing of the others.
    ///
    /// - Parameters:
    ///   - macs: Those of the domain's interfaces, in lower case: a guest has other interfaces too, for its containers
    ///     say. Empty where they are not known.
    ///   - start: Where this session started it: then nothing counts that may be from before.
    func addresses(
        of domain: borrowing DomainHandle, macs: Set<String>, since start: GuestStart? = nil
    ) -> FoundAddresses {
        var result = FoundAddresses()
        var found: Set<String> = []
        func add(_ seen: Set<String>?, except former: Set<String> = [], nothing: String, failed: String? = nil) {
            let new = seen?.subtracting(former) ?? []
            found.formUnion(new)
            guard new.isEmpty else { return }
            let isFormer = seen?.isEmpty == false
            result.silences.append(isFormer ? "\(nothing) since its start" : seen == nil ? failed ?? nothing : nothing)
        }
        let leased = addresses(of: domain, macs, VIR_DOMAIN_INTERFACE_ADDRESSES_SRC_LEASE)
        var former: Set<String> = []
        if let start, start.hasLease(of: macs) {
            former = start.formerAddresses(among: leases(), macs: macs)
        }
        add(leased, except: former, nothing: "no DHCP lease")
        add(
            addresses(of: domain, macs, VIR_DOMAIN_INTERFACE_ADDRESSES_SRC_AGENT),
            nothing: "no address from the guest agent", failed: "the guest agent does not answer")
        let neighbours = addresses(of: domain, macs, VIR_DOMAIN_INTERFACE_ADDRESSES_SRC_ARP)
        former = start.map { starts.formerNeighbours(of: $0, now: neighbours ?? []) } ?? []
        add(neighbours, except: former, nothing: "nothing in the host's ARP table")
        result.addresses = found.sorted()
        return result
    }

    /// What one source knows; nil where it fails.
    private func addresses(
        of domain: borrowing DomainHandle, _ macs: Set<String>, _ source: virDomainInterfaceAddressesSource
    ) -> Set<String>? {
        var array: UnsafeMutablePointer<virDomainInterfacePtr?>?
        connection.counter.count("virDomainInterfaceAddresses")
        let count = virDomainInterfaceAddresses(domain.pointer, &array, UInt32(source.rawValue), 0)
        defer { free(array) }
        guard count >= 0 else { return nil }
        var found: Set<String> = []
        for index in 0..<Int(count) {
            guard let interface = array?[index] else { continue }
            defer { virDomainInterfaceFree(interface) }
            let mac = interface.pointee.hwaddr.map { String(cString: $0).lowercased() }
            guard macs.isEmpty || mac.map(macs.contains) == true else { continue }
            for place in 0..<Int(interface.pointee.naddrs) {
                guard let text = interface.pointee.addrs?[place].addr else { continue }
                let address = String(cString: text)
                if !isLocal(address) { found.insert(address) }
            }
        }
        return found
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
