import CLibvirt
import Model

/// What makes of a network that serves the one that it is to be: https://libvirt.org/html/libvirt-libvirt-network.html#virNetworkUpdate
struct NetworkChanges {
    struct Part {
        let command: virNetworkUpdateCommand
        let section: virNetworkUpdateSection
        /// The place of its `<ip>` among those of the network; -1 where it is in none.
        let subnet: Int32
        let xml: String
    }

    private var old: [Part] = []
    private var new: [Part] = []

    /// What one lets go of, another may be given.
    var all: [Part] { old + new }

    /// An item of a list.
    mutating func add(
        _ section: virNetworkUpdateSection, _ list: ListLens, _ name: String, from running: Element, to wanted: Element
    ) {
        let (before, after) = (list.element(named: name, in: running), list.element(named: name, in: wanted))
        guard before?.xml != after?.xml else { return }
        // Libvirt would take a record with the same name for the one that is meant.
        if list.key == .dnsHost { before?.removeChildren("hostname") }
        if let before { old.append(delete(before, section)) }
        if let after { new.append(add(after, section)) }
    }

    /// The ranges of a subnet, which libvirt adds and deletes and does not modify.
    mutating func addRanges(of address: String, from running: Element, to wanted: Element) {
        let (before, after) = (ranges(of: address, in: running), ranges(of: address, in: wanted))
        let (had, has) = (Set(before.map(\.xml)), Set(after.map(\.xml)))
        old += before.filter { !has.contains($0.xml) }.map { delete($0, VIR_NETWORK_SECTION_IP_DHCP_RANGE) }
        new += after.filter { !had.contains($0.xml) }.map { add($0, VIR_NETWORK_SECTION_IP_DHCP_RANGE) }
    }

    private func ranges(of address: String, in root: Element) -> [Element] {
        root.children("ip").first { $0["address"] == address }?.child("dhcp")?.children("range") ?? []
    }

    private func delete(_ element: Element, _ section: virNetworkUpdateSection) -> Part {
        Part(
            command: VIR_NETWORK_UPDATE_COMMAND_DELETE, section: section, subnet: subnet(of: element), xml: element.xml)
    }

    private func add(_ element: Element, _ section: virNetworkUpdateSection) -> Part {
        Part(
            command: VIR_NETWORK_UPDATE_COMMAND_ADD_LAST, section: section, subnet: subnet(of: element),
            xml: element.xml)
    }

    /// Without it libvirt takes the first that gives out addresses, of whichever family.
    private func subnet(of element: Element) -> Int32 {
        guard let ip = element.parent?.parent, let network = ip.parent else { return -1 }
        return network.children("ip").firstIndex { $0["address"] == ip["address"] }.map(Int32.init) ?? -1
    }
}
