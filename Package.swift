// swift-tools-version: 6.2
import PackageDescription

let settings: [SwiftSetting] = [
    .enableUpcomingFeature("ExistentialAny"),
    .enableUpcomingFeature("MemberImportVisibility"),
    .enableUpcomingFeature("InternalImportsByDefault"),
    .enableUpcomingFeature("NonisolatedNonsendingByDefault"),
    .enableUpcomingFeature("InferIsolatedConformances"),
    .treatAllWarnings(as: .error),
]

let argumentParser: Target.Dependency = .product(name: "ArgumentParser", package: "swift-argument-parser")
let crypto: Target.Dependency = .product(name: "Crypto", package: "swift-crypto")

func target(_ name: String, _ dependencies: [Target.Dependency] = []) -> Target {
    .target(name: name, dependencies: dependencies, swiftSettings: settings)
}

func tests(_ name: String, _ dependencies: [Target.Dependency], exclude: [String] = []) -> Target {
    .testTarget(
        name: name, dependencies: dependencies + ["TestSupport", "Model"], exclude: exclude, swiftSettings: settings)
}

let package = Package(
    name: "rigaud",
    products: [.executable(name: "rigaud", targets: ["rigaud"])],
    dependencies: [
        .package(url: "https://github.com/apple/swift-argument-parser", from: "1.8.0"),
        .package(url: "https://github.com/apple/swift-crypto", from: "4.5.0"),
    ],
    targets: [
        // Every edge points down: docs/architecture.md has the table, Tests/ArchitectureTests hold the imports against it.
        .executableTarget(name: "rigaud", dependencies: ["CLI"], swiftSettings: settings),
        target(
            "CLI",
            [
                "Executor", "Libvirt", "Manifest", "Images", "CloudInit", "Git", "Planner", "Hypervisor", "Differ",
                "StateFile", "Reports", "Webhook",
                "Model", "CLinux", argumentParser,
            ]),
        target("Executor", ["Planner", "Hypervisor", "StateFile", "Model"]),
        target("Libvirt", ["Hypervisor", "Model", "CLibvirt", "CLibXML2"]),
        target("Manifest", ["Model", "YAML"]),
        target("Images", ["Model", "CLibCurl", "CLibArchive", "CZLib", crypto]),
        target("CloudInit", ["Model", "YAML", "CLibArchive"]),
        target("Git", ["Model", "CLibGit2"]),
        target("Planner", ["Differ", "Model"]),
        target("Reports", ["Model"]),
        target("Webhook", ["CLibCurl"]),
        target("Hypervisor", ["Model"]),
        target("Differ", ["Model"]),
        target("StateFile", ["Model", crypto]),
        target("YAML", ["CLibYAML"]),
        target("Model"),
        .systemLibrary(name: "CLibvirt", pkgConfig: "libvirt", providers: [.apt(["libvirt-dev"])]),
        .systemLibrary(name: "CLibYAML", pkgConfig: "yaml-0.1", providers: [.apt(["libyaml-dev"])]),
        .systemLibrary(name: "CLinux"),
        .systemLibrary(name: "CLibCurl", pkgConfig: "libcurl", providers: [.apt(["libcurl4-openssl-dev"])]),
        .systemLibrary(name: "CLibArchive", pkgConfig: "libarchive", providers: [.apt(["libarchive-dev"])]),
        .systemLibrary(name: "CZLib", pkgConfig: "zlib", providers: [.apt(["zlib1g-dev"])]),
        .systemLibrary(name: "CLibGit2", pkgConfig: "libgit2", providers: [.apt(["libgit2-dev"])]),
        .systemLibrary(name: "CLibXML2", pkgConfig: "libxml-2.0", providers: [.apt(["libxml2-dev"])]),
        target("TestSupport", ["Hypervisor", "Model"]),
        tests("ModelTests", []),
        tests("DifferTests", ["Differ"]),
        tests("PlannerTests", ["Planner", "Differ"]),
        tests("ExecutorTests", ["Executor", "Planner", "Hypervisor", "StateFile"]),
        tests("ManifestTests", ["Manifest"], exclude: ["Golden"]),
        tests("ImagesTests", ["Images"], exclude: ["Fixtures"]),
        tests("CloudInitTests", ["CloudInit", "Manifest", "YAML"], exclude: ["Golden"]),
        tests("GitTests", ["Git"]),
        tests("StateFileTests", ["StateFile", crypto], exclude: ["Golden"]),
        tests("ReportsTests", ["Reports"], exclude: ["Golden", "Fixtures"]),
        tests("LibvirtTests", ["Libvirt", "Hypervisor"]),
        tests(
            "CommandTests", ["CLI", "Executor", "Planner", "Differ", "Hypervisor", "Reports", argumentParser],
            exclude: ["Golden"]),
        tests("DeployTests", [], exclude: ["Fixtures"]),
        tests("ArchitectureTests", []),
    ],
    swiftLanguageModes: [.v6]
)
