import Model

extension Kind {
    private static let descriptive = Verdict.ignored("It describes the image to people.")

    static let image = Kind("VMImage", .virtrigaud, "A disk image that root disks start from.") {
        text(
            "source.libvirt.path", as: .absolutePath, also: ["source.disk", "source.path", "libvirt.path"],
            .feeds(.backing), "The path of the image on the host.")
        text(
            "source.libvirt.storagePool", as: .objectName, also: ["source.pool", "libvirt.storagePool"],
            default: "default", .feeds(.backing),
            "The pool that the image is a volume of.")
        text(
            "source.libvirt.volume", as: .objectName, also: ["source.volume", "libvirt.volume"], .feeds(.backing),
            "The volume of the pool that is the image.")
        word(
            "source.libvirt.format", ["qcow2", "raw", "vmdk", "vhd", "vhdx", "iso", "ova", "ovf"],
            also: ["format", "libvirt.format"], default: "qcow2", .feeds(.backingFormat),
            "The image's format; qcow2 or raw.")
        text(
            "source.libvirt.url",
            also: ["source.libvirt.qcow2URL", "source.http.url", "source", "libvirt.url", "libvirt.qcow2URL"],
            .used, "Where the image can be downloaded, which rigaud does not do yet.")
        text(
            "source.libvirt.checksum", also: ["source.http.checksum", "libvirt.checksum"], .later,
            "The digest of the download.")
        word(
            "source.libvirt.checksumType", ["md5", "sha1", "sha256", "sha512"],
            also: ["source.http.checksumType", "libvirt.checksumType"],
            default: "sha256", .later, "What digest it is.")
        anything("source.http.headers", .later, "Headers for the download.")
        duration("source.http.timeout", default: "30m", .later, "How long the download may take.")
        anything("source.http.authentication", .later, "Credentials for the download.")
        anything("source.registry", .later, "An image in a container registry.")
        anything("source.dataVolume", .foreign("KubeVirt"), "A DataVolume.")
        anything("source.vsphere", also: ["vsphere"], .foreign("vSphere"), "A template of vSphere's.")
        anything("source.proxmox", also: ["proxmox"], .foreign("Proxmox"), "A template of Proxmox's.")
        text("metadata.displayName", descriptive, "Its name for people.")
        text("metadata.description", descriptive, "What it is.")
        text("metadata.version", descriptive, "Its version.")
        text("metadata.architecture", default: "amd64", .later, "The processor architecture that it is for.")
        anything("metadata.tags", descriptive, "Tags.")
        anything("metadata.annotations", descriptive, "Annotations.")
        text("distribution.name", descriptive, "The operating system.")
        text("distribution.version", descriptive, "Its version.")
        text("distribution.variant", descriptive, "Its variant.")
        text("distribution.family", descriptive, "Its family.")
        anything("distribution.kernel", descriptive, "Its kernel.")
        word(
            "prepare.onMissing", [Word("Import", also: "Download", "true"), Word("Fail", also: "false"), "Wait"],
            also: ["prepare.importIfMissing"], default: "Import", .later, "What happens where the image is not there.")
        flag("prepare.force", .later, "Whether it is prepared again.")
        duration("prepare.timeout", default: "30m", .later, "How long preparing may take.")
        integer("prepare.retries", 0...10, default: "3", .later, "Attempts after a failure.")
        flag("prepare.validateChecksum", default: "true", .later, "Whether the digest is checked.")
        text("prepare.storage.preferredFormat", .later, "The format to keep it in.")
        anything("prepare.storage.compression", .later, "Whether it is kept compressed.")
        text("prepare.storage.libvirt.storagePool", .later, "The pool to keep it in.")
        text("prepare.storage.libvirt.allocationPolicy", .later, "When space is allocated.")
        text("prepare.storage.libvirt.preallocation", .later, "How space is allocated.")
        anything("prepare.storage.vsphere", .foreign("vSphere"), "How vSphere keeps it.")
        anything("prepare.optimization", .later, "How it is made smaller.")
        flag("cloudInit.enabled", .later, "Whether the image has cloud-init.")
        text("cloudInit.userDataTemplate", .later, "User data for machines that have none.")
    }
}
