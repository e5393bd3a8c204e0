/// What each module may import besides the standard library: the table of docs/architecture.md.
///
/// A module that is not here may not exist. `Crypto` and `ArgumentParser` are the only packages.
enum ImportTable {
    static let allowed: [String: Set<String>] = [
        "Model": [],
        "Differ": ["Model"],
        "Planner": ["Differ", "Model"],
        "Hypervisor": ["Model"],
        "StateFile": ["Model", "Crypto", "Glibc", "FoundationEssentials"],
        "Executor": ["Planner", "Hypervisor", "StateFile", "Model", "Synchronization"],
        "Libvirt": ["Hypervisor", "Model", "CLibvirt", "CLibXML2", "Glibc", "Dispatch", "Synchronization"],
        "YAML": ["CLibYAML"],
        "Manifest": ["Model", "YAML", "Glibc"],
        "Images": ["Model", "CLibCurl", "CLibArchive", "CZLib", "Crypto", "Glibc", "Dispatch", "Synchronization"],
        "CloudInit": ["Model", "YAML", "CLibArchive", "Glibc"],
        "Git": ["Model", "CLibGit2", "Glibc", "Dispatch", "Synchronization"],
        "Reports": ["Model", "Synchronization", "Glibc"],
        "Webhook": ["CLibCurl", "Dispatch"],
        "CLI": [
            "Executor", "Libvirt", "Manifest", "Images", "CloudInit", "Git", "CLinux", "Planner", "Hypervisor",
            "Differ", "StateFile", "Reports", "Webhook", "Model",
            "ArgumentParser", "Glibc", "FoundationEssentials", "Dispatch", "Synchronization",
        ],
        "rigaud": ["CLI"],
        "TestSupport": ["Hypervisor", "Model", "Testing", "Glibc", "Dispatch", "Synchronization"],
    ]

    /// What only the command line does, and the modules that may do it too.
    static let reserved: [(call: String, modules: Set<String>)] = [
        ("print(", ["CLI", "TestSupport"]),
        ("getenv(", ["CLI", "TestSupport"]),
        ("environ", ["CLI", "TestSupport"]),
        ("ProcessInfo", ["CLI", "TestSupport"]),
        ("CommandLine", ["CLI", "rigaud", "TestSupport"]),
        ("exit(", ["CLI", "rigaud", "TestSupport"]),
    ]

    static let longestFile = 400
}
