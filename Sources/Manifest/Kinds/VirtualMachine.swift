import Model

extension Kind {
    static let virtualMachine = Kind(
        "VirtualMachine", .virtrigaud, "A virtual machine: a domain and the volumes made for it."
    ) {
        reference(
            "providerRef", to: "Provider", .used,
            "The host that it is on. May be left out where the stack has one Provider or none.")
        reference(
            "classRef", to: "VMClass", also: ["vmClassRef"], .used,
            "The class that says how it is equipped. Without one it has 1 processor and 1Gi of memory.")
        reference(
            "imageRef", to: "VMImage", also: ["vmImageRef"], .feeds(.backing, .backingFormat),
            "The image that its root disk starts from. The disk is an overlay; the image is only read.")
        text(
            "importedDisk.diskID", as: .objectName, .feeds(.diskSource),
            "An existing disk for its root, `/var/lib/libvirt/images/DISKID.FORMAT` unless `path` says where. It is never deleted."
        )
        text("importedDisk.path", as: .absolutePath, .feeds(.diskSource), "The path of an existing disk for its root.")
        word(
            "importedDisk.format", ["qcow2", "raw", "vmdk", "vdi", "vhdx"], default: "qcow2", .feeds(.diskFormat),
            "The format of the existing disk; qcow2 or raw.")
        integer(
            "importedDisk.sizeGiB", 1...65536, .ignored("The disk is used as it is."), "The size of the existing disk.")
        text("importedDisk.source", .ignored("It only says where the disk came from."), "Where the disk came from.")
        anything(
            "importedDisk.migrationRef", .ignored("It only says where the disk came from."),
            "The migration that brought the disk.")
        word(
            "powerState",
            [
                Word("On", also: "PoweredOn", "true", "yes"), Word("Off", also: "PoweredOff", "false", "no"),
                Word("OffGraceful", also: "GracefulOff"),
            ], default: "On", .feeds(.power),
            "Whether it runs. Either way of being off asks the guest to shut down first.")
        integer("resources.cpu", 1...128, .feeds(.vcpus, .maximumVCPUs), "Its processors, instead of the class's.")
        quantity(
            "resources.memoryMiB", atLeast: bytesPerMiB, unit: bytesPerMiB,
            also: ["resources.memory"], .feeds(.memory, .maximumMemory),
            "Its memory, instead of the class's: a number of MiB, or a quantity.")
        integer("resources.gpu.count", 1...8, .later, "Graphics processors to pass through.")
        integer("resources.gpu.memory", 512...Int64.max, .later, "Memory that each must have, in MiB.")
        text("resources.gpu.type", .later, "Their model.")
        list("networks", atMost: 32, .used, "Its network interfaces. Without any it has no network.") {
            text(
                "name", as: .name, required: true, .feeds(.nicSource),
                "Names the interface. Alone it also says the network: `default` and `nat` are libvirt's `default`, `bridge` and `br0` "
                    + "are `br0`, any other is the network of that name.")
            reference(
                "networkRef", to: "VMNetworkAttachment", .feeds(.nicSource),
                "The attachment that says which network or bridge.")
            text("bridge", as: .objectName, .feeds(.nicSource), "A bridge of the host to attach to directly.")
            text(
                "macAddress", as: .mac, also: ["mac"], .feeds(.nicMAC),
                "Its MAC address; derived from the stack and the name otherwise.")
            text(
                "ipAddress", as: .addressOrEmpty, also: [Spelling("staticIP.address", .addressOfCIDR)], .used,
                "A fixed address, which the guest's cloud-init is told. Without one it asks by DHCP.")
            integer(
                "prefix", 1...128, also: [Spelling("staticIP.address", .prefixOfCIDR), "staticIP.prefix"], .used,
                "The length of the fixed address's prefix.")
            text(
                "gateway", as: .address, also: ["staticIP.gateway"], .used, "The gateway for the fixed address.")
            texts("dns", as: .address, also: ["staticIP.dns"], .used, "Name servers, as a list or with commas.")
            word(
                "ipPolicy", ["DHCP", "Static", "Pool", "None"], .used,
                "How it gets its address; `Static` where one is given, else `DHCP`. `None` brings the interface up and leaves it alone."
            )
        }
        list(
            "disks", atMost: 64, .used, "Its disks. `root` is the one that it starts from; the others are added empty."
        ) {
            text("name", as: .name, required: true, .used, "Names the disk. `root` is the disk made from the image.")
            quantity(
                "sizeGiB", unit: bytesPerGiB, also: ["size"], .feeds(.capacity),
                "Its size: a number of GiB, or a quantity. The root disk may leave it to its class.")
            text("storageClass", as: .objectName, .used, "The libvirt pool that its volume is in.")
            word(
                "type", ["thin", "thick", "eagerzeroedthick", "ssd", "hdd"], default: "thin", .feeds(.allocation),
                "How its space is allocated: as the guest writes, or all at once (of qcow2 only its tables: say `raw` for the rest). A thick root disk is a full copy of its image. `ssd` and "
                    + "`hdd` say what the pool is on, and are taken for `thin`. It holds when the disk is made: of one that is there already, nothing changes."
            )
            word("expandPolicy", ["Online", "Offline"], default: "Offline", .later, "When it may grow.")
            integer("scsi.controller", 0...3, .foreign("vSphere"), "Its SCSI controller.")
            text("scsi.controllerType", .foreign("vSphere"), "The controller's model.")
            text("scsi.sharedBus", .foreign("vSphere"), "Whether the bus is shared.")
        }
        text(
            "userData.cloudInit.inline", .used,
            "Cloud-init user data, a template. With a Secret's besides, the guest gets both, as MIME multipart.")
        reference(
            "userData.cloudInit.secretRef", to: "Secret", .used,
            "A Secret with cloud-init user data, under `key`, else `userdata`, `user-data`, `cloud-init` or `cloud-config`."
        )
        text("userData.ignition.inline", .feeds(.ignition), "An Ignition configuration, as JSON.")
        reference(
            "userData.ignition.secretRef", to: "Secret", .feeds(.ignition),
            "A Secret with an Ignition configuration, under `key`, else `ignition`, `config` or `userdata`.")
        text(
            "metaData.cloudInit.inline", also: ["metaData.inline"], .used,
            "Cloud-init metadata, as YAML; its `instance-id` and `local-hostname` win over rigaud's.")
        reference(
            "metaData.cloudInit.secretRef", to: "Secret", also: ["metaData.secretRef"], .used,
            "A Secret with cloud-init metadata, under `key`, else `metadata`, `meta-data` or `meta_data`.")
        text("placement.cluster", .foreign("vSphere"), "The cluster that it is placed in.")
        text("placement.datastore", .foreign("vSphere"), "The datastore of its disks.")
        text("placement.folder", .foreign("vSphere"), "Its folder.")
        text("placement.host", .later, "The host that it is placed on; name its Provider instead.")
        text("placement.resourcePool", .foreign("vSphere"), "Its resource pool.")
        text("placement.storagePod", .foreign("vSphere"), "Its storage pod.")
        reference("placementRef", to: "VMPlacementPolicy", .later, "A policy for where it is placed.")
        duration(
            "lifecycle.gracefulShutdownTimeout", default: "60s", .used,
            "How long the guest gets to shut down by itself.")
        anything("lifecycle.postStart", .later, "What is done after it started.")
        anything("lifecycle.preStop", .later, "What is done before it stops.")
        reference("snapshot.revertToRef", to: "VMSnapshot", .later, "A snapshot to go back to.")
        texts("tags", .later, "Tags.")
        anything(
            "networkAttachments", .foreign("vSphere and Proxmox"),
            "Network interfaces, as other providers' examples write them.")
        anything(
            "networkAttachmentRef", .foreign("vSphere and Proxmox"), "A network, as other providers' examples write it."
        )
        text("cloneType", .foreign("vSphere and Proxmox"), "How the image is cloned.")
    }
}
