import Model

extension Kind {
    private static let descriptive = Verdict.ignored("It describes the image to people.")

    static let image = Kind("VMImage", .virtrigaud, "A disk image that root disks start from.") {
        text(
            "source.libvirt.path", as: .absolutePath, also: ["source.disk", "source.path", "libvirt.path"],
            .feeds(.backing), "The path of the image on the host.")
        text(
            "source.libvirt.storagePool", as: .objectName, also: ["source.pool", "libvirt.storagePool"],
            .feeds(.backing), "The pool that the image is a volume of; the Provider's where it is left out.")
        text(
            "source.libvirt.volume", as: .objectName,
            also: ["source.volume", "libvirt.volume", Spelling("source", .alternative)], .feeds(.backing),
            "The volume of the pool that is the image. `source: NAME` is such a volume, and `source: URL` a download.")
        word(
            "source.libvirt.format", ["qcow2", "raw", "vmdk", "vhd", "vhdx", "iso", "ova", "ovf"],
            also: ["format", "libvirt.format"], default: "qcow2", .feeds(.backingFormat),
            "The image's format. On a host it is qcow2 or raw: what is downloaded in another one is converted there to qcow2. An iso is "
                + "an install medium: it is put into a CD-ROM drive, and the root disk is empty.")
        text(
            "source.libvirt.url", as: .imageURL,
            also: [
                "source.libvirt.qcow2URL", "source.http.url", Spelling("source", .alternative), "libvirt.url",
                "libvirt.qcow2URL",
            ],
            .feeds(.content),
            "Where the image is downloaded from: `https://`, `http://`, or `file://` for one of the machine that rigaud runs on. It may "
                + "be packed with gzip, xz, zstd or bzip2, and what it is is told by its content. It is uploaded once a host and pool."
        )
        text(
            "source.libvirt.checksum", also: ["source.http.checksum", "libvirt.checksum"], .feeds(.checksum),
            "The digest of the download: in hexadecimal, with `sha256:` before it or not, or the URL of a file that lists it."
        )
        word(
            "source.libvirt.checksumType", ["md5", "sha1", "sha256", "sha512"],
            also: ["source.http.checksumType", "libvirt.checksumType"],
            default: "sha256", .used, "What digest it is; its length tells, too.")
        dictionary("source.http.headers", .used, "Headers for the download.")
        duration("source.http.timeout", default: "30m", .used, "How long the download may take.")
        reference(
            "source.http.authentication.basicAuth.secretRef", to: "Secret", .used,
            "A Secret with a user and a password.")
        text(
            "source.http.authentication.basicAuth.usernameKey", default: "username", .used,
            "The user's key in the Secret.")
        text(
            "source.http.authentication.basicAuth.passwordKey", default: "password", .used,
            "The password's key in the Secret.")
        reference("source.http.authentication.bearer.secretRef", to: "Secret", .used, "A Secret with a bearer token.")
        text("source.http.authentication.bearer.tokenKey", default: "token", .used, "The token's key in the Secret.")
        reference(
            "source.http.authentication.clientCert.secretRef", to: "Secret", .used,
            "A Secret with a client certificate and its key.")
        text(
            "source.http.authentication.clientCert.certKey", default: "tls.crt", .used,
            "The certificate's key in the Secret.")
        text(
            "source.http.authentication.clientCert.keyKey", default: "tls.key", .used,
            "The private key's in the Secret.")
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
            also: ["prepare.importIfMissing"], default: "Import", .used,
            "What happens where the image is not there: it is brought there, or the plan fails, or the apply waits until somebody else has "
                + "brought it. What is not brought is looked for as `source.libvirt.volume`, else under its name, in the pool."
        )
        flag("prepare.force", .used, "It is downloaded anew where it is made, and not taken from the cache.")
        duration(
            "prepare.timeout", default: "30m", .used, "How long the download, or waiting for the image, may take.")
        integer("prepare.retries", 0...10, default: "3", .used, "Attempts after a failure.")
        flag("prepare.validateChecksum", default: "true", .used, "Whether the digest is checked.")
        word(
            "prepare.storage.preferredFormat", ["qcow2", "raw"], .used,
            "The format to keep it in on the host; `format` where it is left out.")
        anything("prepare.storage.compression", .later, "Whether it is kept compressed.")
        text(
            "prepare.storage.libvirt.storagePool", as: .objectName, .used,
            "The pool to keep it in; `source.libvirt.storagePool` where it is left out, else the Provider's.")
        text("prepare.storage.libvirt.allocationPolicy", .later, "When space is allocated.")
        text("prepare.storage.libvirt.preallocation", .later, "How space is allocated.")
        anything("prepare.storage.vsphere", .foreign("vSphere"), "How vSphere keeps it.")
        anything("prepare.optimization", .later, "How it is made smaller.")
        flag(
            "cloudInit.enabled", default: "true", .used,
            "Whether the image has cloud-init; without it, its machines get no seed that they do not ask for.")
        text("cloudInit.userDataTemplate", .used, "User data for machines that have none: a template.")
    }
}
