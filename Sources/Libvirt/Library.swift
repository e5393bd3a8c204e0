import CLibXML2
import CLibvirt
import Glibc

/// What is done once in a process, before the first call.
enum Library {
    private static let isReady: Bool = {
        xmlInitParser()
        // A daemon that dies ends the call that is being written to it, and not this process: libvirt's client writes to
        // its socket as to a file.
        signal(SIGPIPE, SIG_IGN)
        virSetErrorFunc(nil) { _, _ in }
        return virInitialize() == 0
    }()

    /// Makes the libraries safe to use from several threads, and silent.
    static func prepare() { _ = isReady }
}

/// The version of the libvirt that the program runs with, as `9.0.0`.
package func libvirtVersion() -> String {
    Library.prepare()
    var version: UInt = 0
    guard virGetVersion(&version, nil, nil) == 0 else { return "unknown" }
    return "\(version / 1_000_000).\(version / 1000 % 1000).\(version % 1000)"
}
