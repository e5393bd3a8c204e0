/// What may be wrong beside the texts that a guest is told.
extension MistakeTests {
    static let machines = [
        Case(
            "an address without a prefix", machine: Case.network("ipAddress: 192.0.2.9"),
            says: "lab.yaml:9:34", "`prefix: 24`, or `staticIP: {address: 192.0.2.9/24}`"),
        Case(
            "a prefix that is too long", machine: Case.network("ipAddress: 192.0.2.9, prefix: 48"),
            says: "lab.yaml:9:53", "at most 32; here it is 48"),
        Case(
            "addresses from a pool", machine: Case.network("ipPolicy: Pool"),
            says: "lab.yaml:9:33", "Give the machine one (`ipAddress`), or use DHCP."),
        Case(
            "a gateway elsewhere", machine: Case.network("ipAddress: 192.0.2.9, prefix: 24, gateway: 10.0.0.1"),
            warns: true, says: "lab.yaml:9:66", "The gateway 10.0.0.1 is not in the network of 192.0.2.9/24"),
        Case(
            "a gateway without an address", machine: Case.network("gateway: 192.0.2.1"),
            warns: true, says: "lab.yaml:9:32", "has a gateway and no fixed address"),
        Case(
            "a Secret that is not there", machine: "  userData: {cloudInit: {secretRef: {name: s}}}\n",
            says: "lab.yaml:8:26", "refers to Secret/s, which no manifest has."),
        Case(
            "a Secret with other keys", machine: "  userData: {cloudInit: {secretRef: {name: s}}}\n",
            secret: "  password: hunter2",
            says: "lab.yaml:8:26",
            "Secret/s has none of the keys `userdata`, `user-data`, `cloud-init`, `cloud-config`. Say which one it is: `{name: s, key: …}`."
        ),
        Case(
            "a key that the Secret lacks", machine: "  userData: {cloudInit: {secretRef: {name: s, key: userdata}}}\n",
            secret: "  user-data: hunter2", says: "lab.yaml:8:26", "Secret/s has no key `userdata`."),
        Case(
            "cloud-init and Ignition",
            machine: "  userData:\n    ignition: {inline: '{\"ignition\": {\"version\": \"3\"}}'}\n"
                + "    cloudInit: {inline: \"#cloud-config\"}\n",
            says: "lab.yaml:9:24", "A guest reads one of them: keep that."),
        Case(
            "a disk with the seed's name",
            machine: "  disks:\n    - {name: cidata, size: 1Gi}\n" + Case.userData("#cloud-config\n"),
            says: "lab.yaml:9:7", "Give the disk another name."),
        Case(
            "an unknown annotation", annotations: "rigaud.io/seed-chnage: ignore", warns: true,
            says: "lab.yaml:5:40", "Did you mean `rigaud.io/seed-change`?"),
        Case(
            "annotations with other values",
            annotations: "rigaud.io/seed-change: never, rigaud.io/ready: tcp, rigaud.io/ready-timeout: soon",
            says: "lab.yaml:5:40", "`rigaud.io/seed-change` is one of `ignore`, `next-boot`, `replace`.",
            "lab.yaml:5:64",
            "`tcp:` with a port, such as `tcp:22`", "lab.yaml:5:94", "a duration such as `90s` or `10m`"),
        Case(
            "it waits for nobody", annotations: "rigaud.io/depends-on: dbb",
            says: "lab.yaml:5:39", "refers to VirtualMachine/dbb, which no manifest has."),
        Case(
            "it waits for itself", annotations: "rigaud.io/depends-on: web",
            says: "lab.yaml:5:39", "VirtualMachine/web depends on itself."),
    ]

    /// Whatever a URL that is none looks like, its query and its login are not shown.
    static let mistypedURLs = [
        ("https:/h/x?sig=hunter2", "this is `https:/h/x?...`"), ("https//h/x?sig=hunter2", "this is `https//h/x?...`"),
        ("h/x?sig=hunter2", "this is `h/x?...`"), ("https:/h/x?me=a@b&sig=hunter2", "this is `...`"),
        ("https:/me:hunt?hunter2@h/x", "this is `...`"), ("ftp://me:hunter2?x@h/x", "this is `...`"),
        ("https//hunter2@h/x", "this is `...@h/x`"), ("ftp://h?sig=hunter2", "this is `ftp://h?...`"),
        ("ftp://h:21?sig=hunter2", "this is `ftp://h:21?...`"),
        ("ftp://h/x@y?sig=hunter2", "this is `ftp://h/x@y?...`"),
        ("https:/me:hunter2@h/x?sig=hunter2", "this is `...@h/x?...`"),
        ("ftp://h?me=a@b/c&sig=hunter2", "this is `...`"),
    ].map { url, shown in
        Case("the URL \(url)", image: "  source: {libvirt: {url: '\(url)'}}\n", says: "lab.yaml:13:27", shown)
    }

    static let images = [
        Case(
            "a short checksum", image: "  source: {libvirt: {url: https://example.org/a, checksum: 'sha256:abcd'}}\n",
            says: "lab.yaml:13:60", "A sha256 has 64 hexadecimal digits; this has 4.",
            "starts from VMImage/debian, which rigaud cannot use: see what is said of that."),
        Case(
            "a checksum of another kind",
            image:
                "  source: {libvirt: {url: https://example.org/a, checksumType: sha512, checksum: \(String(repeating: "a", count: 64))}}\n",
            says: "lab.yaml:13:82", "A sha512 has 128 hexadecimal digits; this has 64."),
        Case(
            "a checksum that is none",
            image: "  source: {libvirt: {url: https://example.org/a, checksum: SHA256SUMS}}\n",
            says: "lab.yaml:13:60", "or the URL of a file that lists it"),
        Case(
            "an appliance", image: "  source: {libvirt: {url: https://example.org/a.ova}}\n  format: ova\n",
            says: "lab.yaml:14:11", "Unpack it with `tar -xf`, and give the disk in it."),
        Case(
            "a format that no disk starts from", image: "  source: {libvirt: {path: /srv/a.vmdk, format: vmdk}}\n",
            says: "lab.yaml:13:49", "convert it with `qemu-img convert`"),
        Case(
            "two ways of authentication",
            image: Case.http(
                "https",
                "      authentication:\n        basicAuth: {secretRef: {name: s}}\n        bearer: {secretRef: {name: s}}\n"
            ),
            secret: "  username: hunter2\n  password: hunter2\n  token: hunter2",
            says: "lab.yaml:18:18", "`basicAuth` and `bearer`", "Keep one of them."),
        Case(
            "a certificate without TLS",
            image: Case.http("http", "      authentication: {clientCert: {secretRef: {name: s}}}\n"),
            secret: "  tls.crt: hunter2\n  tls.key: hunter2", says: "lab.yaml:16:37",
            "Only https knows client certificates, and the image's URL begins otherwise."),
        Case(
            "a key with a passphrase",
            image: Case.http("https", "      authentication: {clientCert: {secretRef: {name: s}}}\n"),
            secret: "  tls.crt: hunter2\n  tls.key: '-----BEGIN ENCRYPTED PRIVATE KEY----- hunter2'",
            says: "lab.yaml:16:37", "The key of the client certificate has a passphrase"),
        Case(
            "a Secret without a password",
            image: Case.http("https", "      authentication: {basicAuth: {secretRef: {name: s}}}\n"),
            secret: "  username: hunter2", says: "lab.yaml:16:36", "Secret/s has no key `password`."),
        Case(
            "a header of the download's own", image: Case.http("https", "      headers: {Range: bytes=0-1}\n"),
            says: "lab.yaml:16:24", "The header `Range` is set by the download itself."),
        Case(
            "a header that is none", image: Case.http("https", "      headers: {\"X: hunter2\": a}\n"),
            says: "lab.yaml:16:31", "`X...` cannot be the name of a header"),
        Case(
            "a header of several lines", image: Case.http("https", "      headers: {X-A: \"a\\nhunter2\"}\n"),
            says: "lab.yaml:16:22", "The value of the header `X-A` has more than one line."),
        Case(
            "a port that is none", image: "  source: {libvirt: {url: 'https://example.org:99999/a'}}\n",
            says: "lab.yaml:13:27", "is a URL such as https://host/image.qcow2"),
        Case(
            "a URL of another kind", image: "  source: {libvirt: {url: 'ftp://me:hunter2@example.org/a?t=hunter2'}}\n",
            says: "lab.yaml:13:27", "is a URL such as https://host/image.qcow2"),
        Case(
            "a path and a URL", image: "  source: {libvirt: {path: /srv/a, url: https://example.org/a}}\n",
            says: "lab.yaml:13:41", "Keep one of them."),
        Case(
            "no source", image: "  format: qcow2\n",
            says: "lab.yaml:13:3", "says neither its URL (`spec.source.libvirt.url`), nor its path"),
        Case(
            "a word that does not exist", image: "  source: https://example.org/a\n  prepare: {onMissing: Imprt}\n",
            says: "lab.yaml:14:24", "`Import`, `Fail`, `Wait`; this is `Imprt`"),
    ]

    static let keys = [
        Case(
            "a path for a key", annotations: "rigaud.io/ssh-public-keys: /home/me/.ssh/id_ed25519.pub", warns: true,
            says: "lab.yaml:5:44", "Give what is in the file that ends in `.pub`"),
        Case(
            "a private key", annotations: "rigaud.io/ssh-public-keys: '-----BEGIN OPENSSH PRIVATE KEY----- hunter2'",
            says: "lab.yaml:5:44", "This is a private key"),
    ]
}
