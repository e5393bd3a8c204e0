import Model

extension Kind {
    private static let hostDoc = "The host that it is on. May be left out where the stack has one Provider or none."

    static let stack = Kind("Stack", .rigaud, "What the stack is called, and what an apply may do for good.") {
        texts(
            "allow", .used,
            "Disruptions that need no `--allow`: `restart`, `replace`, `delete-data`.")
        texts(
            "sshPublicKeys", as: .nonEmpty, .used,
            "Keys that the cloud-init of its machines lets in; templates have them as `.SSHPublicKeys`.")
        list(
            "ignore", .used,
            "Drift that is neither reported nor repaired. What the manifests change is not hidden. A rule that hides nothing, or has "
                + "ended, is a warning."
        ) {
            text(
                "address", as: .resource, .used,
                "An object with its parts, or a Provider with all on its host; everything where it is left out.")
            text(
                "path", as: .fieldPattern, required: true, .used,
                "The field, as plans have it; `*` is any item of a list, and at the end whatever follows.")
            text("reason", as: .nonEmpty, required: true, .used, "Why.")
            text("until", as: .day, .used, "The last day on which it holds; for good where it is left out.")
        }
        list(
            "suspend", .used,
            "What is left alone for a while: its changes are shown and not made, and its drift is no alarm."
        ) {
            text(
                "address", as: .resource, .used,
                "An object with its parts, or a Provider with all on its host; the whole stack where it is left out.")
            text("reason", as: .nonEmpty, required: true, .used, "Why.")
            text("until", as: .day, .used, "The last day on which it holds; for good where it is left out.")
        }
    }

    static let pool = Kind("StoragePool", .rigaud, "A libvirt storage pool. Its content is never deleted with it.") {
        reference("providerRef", to: "Provider", .used, hostDoc)
        text("name", as: .objectName, default: "metadata.name", .used, "Libvirt's name of it.")
        word("type", ["dir", "logical"], default: "dir", .feeds(.poolType), "A directory, or a volume group of LVM's.")
        text(
            "target.path", as: .absolutePath, also: ["path", "target"], .feeds(.poolTarget),
            "Where it is on the host. Of a logical pool `/dev/` and the volume group where it is left out.")
        text(
            "source.volumeGroup", as: .objectName, also: ["volumeGroup", "source.name"], .feeds(.poolSource),
            "The volume group of a logical pool; the pool's name where it is left out.")
        flag("autostart", default: "true", .feeds(.autostart), "Whether it starts with its host.")
    }

    static let network = Kind("Network", .rigaud, "A libvirt network.") {
        reference("providerRef", to: "Provider", .used, hostDoc)
        text("name", as: .objectName, default: "metadata.name", .used, "Libvirt's name of it.")
        word(
            "mode", ["nat", Word("route", also: "routed"), "bridge", "open", Word("isolated", also: "none")],
            default: "nat", .feeds(.forwardMode),
            "How it reaches the world: through address translation, by routes, by a bridge of the host, by routes without "
                + "firewall rules, or not at all.")
        text(
            "bridge", as: .objectName, .feeds(.bridge),
            "The bridge: in mode `bridge` the host's own, else the name for libvirt's.")
        text(
            "device", as: .objectName, also: ["dev"], .feeds(.forwardDevice),
            "The host's interface that traffic leaves by.")
        text("domain", as: .nonEmpty, .feeds(.dnsDomain), "The DNS domain of its guests.")
        list(
            "addresses", atMost: 64, .used,
            "The host's addresses in it, all of them: another that is found there goes. Where none is said, those that are there stay."
        ) {
            text(
                "address", as: .cidr, required: true, .feeds(.addressPrefix),
                "The host's address with its prefix: `192.0.2.1/24`.")
            list("dhcp.ranges", atMost: 64, .feeds(.dhcpRanges), "Addresses that are given to guests.") {
                text("start", as: .address, required: true, .feeds(.dhcpRanges), "The first address.")
                text("end", as: .address, required: true, .feeds(.dhcpRanges), "The last address.")
            }
        }
        list("dhcp.hosts", atMost: 10_000, .feeds(.dhcpHost), "Guests that always get the same address.") {
            text("mac", as: .mac, also: ["macAddress"], required: true, .feeds(.dhcpHost), "The guest's MAC address.")
            text(
                "ip", as: .address, also: ["ipAddress"], required: true, .feeds(.dhcpHost), "The address that it gets.")
            text("name", as: .nonEmpty, .feeds(.dhcpHost), "The host name that it gets.")
        }
        list("dns.hosts", atMost: 10_000, .feeds(.dnsHost), "Names that the network's DNS server knows.") {
            text("ip", as: .address, also: ["ipAddress"], required: true, .feeds(.dnsHost), "The address.")
            texts("names", as: .nonEmpty, also: ["hostnames"], .feeds(.dnsHost), "Its names.")
        }
        flag("autostart", default: "true", .feeds(.autostart), "Whether it starts with its host.")
    }

    static let volume = Kind("Volume", .rigaud, "A volume of a storage pool, of its own.") {
        reference("providerRef", to: "Provider", .used, hostDoc)
        text("pool", as: .objectName, default: "the Provider's default pool", .used, "The libvirt pool that it is in.")
        text("name", as: .objectName, default: "metadata.name", .used, "Libvirt's name of it.")
        quantity(
            "size", atLeast: bytesPerMiB, also: [Spelling("sizeGiB", .unit(bytesPerGiB))], required: true,
            .feeds(.capacity), "Its size, as a quantity.")
        word(
            "format", ["qcow2", "raw"], default: "qcow2", .feeds(.volumeFormat), "Its format; `raw` in a logical pool.")
        text(
            "backing", as: .volume, also: ["backing.path"], .feeds(.backing),
            "What it starts from and keeps its differences to: `pool/volume`, or a path.")
        word(
            "backingFormat", ["qcow2", "raw"], also: ["backing.format"], default: "qcow2", .feeds(.backingFormat),
            "The format of that.")
    }

    static let secret = Kind("Secret", .core, "Credentials. Its values are never shown and never written.") {
        dictionary("data", .used, "Values in Base64.")
        dictionary("stringData", .used, "Values as they are; they win over `data`.")
        text("type", .ignored("Kubernetes checks it; rigaud looks at the keys."), "What kind of secret it is.")
        flag("immutable", .ignored("It binds Kubernetes' API server."), "Whether it may change.")
    }
}
