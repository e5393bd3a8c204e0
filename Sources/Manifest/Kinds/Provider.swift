extension Kind {
    private static let plumbing = Verdict.ignored("It configures VirtRigaud's provider pod; rigaud has none.")
    private static let pacing = Verdict.ignored(
        "It paces VirtRigaud's calls to its provider pod; rigaud paces its own.")

    static let provider = Kind("Provider", .virtrigaud, "A host with libvirt, and how to reach it.") {
        word(
            "type", ["libvirt", "vsphere", "firecracker", "qemu", "proxmox"], required: true, .used,
            "The kind of hypervisor. rigaud knows `libvirt`.")
        text(
            "endpoint", as: .uri, default: "qemu:///system", .used,
            "The libvirt URI, passed on as it is: `qemu:///system`, `qemu+ssh://user@host/system`, `qemu+tls://host:16514/system`. "
                + "`test:///default` is a simulated host.")
        reference(
            "credentialSecretRef", to: "Secret", .used,
            "The Secret with the credentials for a remote host. A local connection needs none.")
        flag("insecureSkipVerify", default: "false", .later, "Connects without checking the host's key or certificate.")
        text(
            "defaults.storagePool", as: .objectName, also: ["defaults.defaultStoragePool"], default: "default", .used,
            "The pool for disks that name none.")
        text(
            "defaults.network", as: .objectName, also: ["defaults.defaultNetwork"], .later,
            "The network for interfaces that name none.")
        text("defaults.cluster", .foreign("vSphere"), "The cluster that machines are placed in.")
        text("defaults.datacenter", .foreign("vSphere"), "The datacenter that machines are placed in.")
        text("defaults.datastore", .foreign("vSphere"), "The datastore for disks.")
        text("defaults.folder", .foreign("vSphere"), "The folder of machines.")
        text("defaults.resourcePool", .foreign("vSphere"), "The resource pool of machines.")
        text("defaults.storagePod", .foreign("vSphere"), "The storage pod for disks.")
        integer("rateLimit.qps", 1...1000, default: "10", pacing, "Calls a second.")
        integer("rateLimit.burst", 1...2000, default: "20", pacing, "Calls at once.")
        duration("connectionPooling.connectionTimeout", default: "30s", pacing, "How long to wait for a connection.")
        duration("connectionPooling.idleTimeout", default: "5m", pacing, "How long an idle connection is kept.")
        integer("connectionPooling.maxConnections", 1...100, default: "10", pacing, "Connections at most.")
        integer("connectionPooling.maxIdleConnections", 1...100, default: "5", pacing, "Idle connections at most.")
        flag("healthCheck.enabled", default: "true", plumbing, "Whether the provider's health is checked.")
        duration("healthCheck.interval", default: "30s", plumbing, "Time between checks.")
        duration("healthCheck.timeout", default: "10s", plumbing, "How long a check may take.")
        integer("healthCheck.failureThreshold", 1...10, default: "3", plumbing, "Failures until it counts as ill.")
        integer("healthCheck.successThreshold", 1...10, default: "1", plumbing, "Successes until it counts as well.")
        text("runtime.mode", default: "Remote", plumbing, "How the provider runs.")
        text("runtime.image", plumbing, "The provider's container image.")
        text("runtime.version", plumbing, "The provider's version.")
        text("runtime.imagePullPolicy", plumbing, "When the image is pulled.")
        anything("runtime.imagePullSecrets", plumbing, "Secrets for pulling the image.")
        integer("runtime.replicas", 1...10, default: "1", plumbing, "Provider pods.")
        anything("runtime.nodeSelector", plumbing, "Nodes for the pod.")
        anything("runtime.tolerations", plumbing, "Taints that the pod tolerates.")
        anything("runtime.affinity", plumbing, "Where the pod is placed.")
        anything("runtime.resources", plumbing, "What the pod may use.")
        anything("runtime.securityContext", plumbing, "What the pod may do.")
        anything("runtime.livenessProbe", plumbing, "How the pod is probed.")
        anything("runtime.readinessProbe", plumbing, "How the pod is probed.")
        anything("runtime.env", plumbing, "The pod's environment.")
        anything("runtime.volumes", plumbing, "The pod's volumes.")
        anything("runtime.volumeMounts", plumbing, "Where the pod's volumes are.")
        text("runtime.logLevel", default: "info", plumbing, "What the provider logs.")
        text("runtime.logFormat", default: "text", plumbing, "How the provider logs.")
        integer("runtime.service.port", 1024...65535, default: "9443", plumbing, "The provider's port.")
        flag(
            "runtime.service.tls.enabled", also: ["runtime.tls.enabled"], default: "true", plumbing,
            "Whether the provider's port has TLS.")
        flag(
            "runtime.service.tls.insecureSkipVerify", also: ["runtime.tls.insecureSkipVerify"], plumbing,
            "Whether its certificate goes unchecked.")
        reference(
            "runtime.service.tls.secretRef", to: "Secret", also: ["runtime.tls.secretRef"], plumbing,
            "The Secret with its certificate.")
    }
}
