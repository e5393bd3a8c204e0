import Model

extension Kind {
    private static let descriptive = Verdict.ignored("It describes the network to people.")

    static let networkAttachment = Kind("VMNetworkAttachment", .virtrigaud, "How a network interface is attached.") {
        word(
            "network.type", ["bridged", "nat", "isolated", "host-only", "external"], default: "bridged",
            .ignored("What the network is follows from the network or bridge that is named."),
            "What kind of network it is.")
        integer("network.mtu", 68...9000, default: "1500", .later, "The largest packet.")
        text(
            "network.libvirt.networkName", as: .objectName, also: ["libvirt.networkName"], .feeds(.nicSource),
            "The libvirt network.")
        text(
            "network.libvirt.bridge.name", as: .objectName, also: ["libvirt.bridge.name"], .feeds(.nicSource),
            "A bridge of the host. It wins over `networkName`.")
        flag(
            "network.libvirt.bridge.stp", also: ["libvirt.bridge.stp"], .later,
            "Whether the bridge has STP; it is the host's.")
        integer(
            "network.libvirt.bridge.delay", 0...30, also: ["libvirt.bridge.delay"], .later,
            "The bridge's forward delay.")
        word(
            "network.libvirt.model", nicModels, also: ["libvirt.model"], default: "virtio", .feeds(.nicModel),
            "The interface's model.")
        anything("network.libvirt.driver", also: ["libvirt.driver"], .later, "How the host drives the interface.")
        anything("network.libvirt.filterRef", also: ["libvirt.filterRef"], .later, "A network filter.")
        anything("network.vsphere", also: ["vsphere"], .foreign("vSphere"), "A port group.")
        anything("network.proxmox", also: ["proxmox"], .foreign("Proxmox"), "A bridge of Proxmox's.")
        word(
            "ipAllocation.type", ["DHCP", "Static", "Pool", "None"], also: ["ipPolicy"], default: "DHCP", .used,
            "How addresses are given, where the machine does not say. Of a `Static` one the machine may give its own address, and has "
                + "gateway, routes and name servers from here.")
        text(
            "ipAllocation.staticConfig.address", as: .cidr, also: ["staticIP", "staticIP.address"], .used,
            "A fixed address with its prefix, for the one machine that uses it.")
        text(
            "ipAllocation.staticConfig.gateway", as: .address, also: ["gateway", "staticIP.gateway"], .used,
            "Its gateway.")
        list("ipAllocation.staticConfig.routes", atMost: 20, .used, "Routes beside the one to the gateway.") {
            text("destination", as: .network, required: true, .used, "Where to, with its prefix: `10.0.0.0/8`.")
            text("gateway", as: .address, required: true, .used, "By which router.")
            integer("metric", 0...65535, .used, "Its metric.")
        }
        texts(
            "ipAllocation.dnsConfig.servers", as: .address, also: ["dns", "staticIP.dns"], .used, "Name servers.")
        texts("ipAllocation.dnsConfig.searchDomains", as: .nonEmpty, .used, "Search domains.")
        texts("ipAllocation.dnsConfig.options", .later, "Resolver options.")
        anything("ipAllocation.dhcpConfig", .later, "What the guest's DHCP client sends.")
        anything("ipAllocation.poolConfig", .later, "A pool of addresses.")
        text("macAddress", as: .mac, .later, "A MAC address; give it in the VirtualMachine.")
        anything("security.firewall", .later, "Firewall rules.")
        anything("security.isolation", .later, "Which networks it may reach.")
        anything("security.encryption", .later, "Whether traffic is encrypted.")
        integer("qos.ingressLimit", 1000...Int64.max, .later, "Bits a second inwards.")
        integer("qos.egressLimit", 1000...Int64.max, .later, "Bits a second outwards.")
        integer("qos.priority", 0...7, .later, "Priority.")
        integer("qos.dscp", 0...63, .later, "DSCP mark.")
        text("metadata.displayName", descriptive, "Its name for people.")
        text("metadata.description", descriptive, "What it is.")
        text("metadata.environment", descriptive, "What it is for.")
        anything("metadata.tags", descriptive, "Tags.")
    }
}
