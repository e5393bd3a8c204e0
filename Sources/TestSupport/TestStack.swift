package import Testing

/// A folder with manifests and the built program to run in it, as a user would.
package final class TestStack: Sendable {
    package let scratch: ScratchDirectory
    private let program: String
    private let environment: [String: String]
    /// What it is run by.
    private let prefix: [String]

    package init(
        _ files: [String: String] = [:], environment: [String: String] = [:], runBy prefix: [String] = []
    ) throws {
        self.prefix = prefix
        scratch = try ScratchDirectory()
        program = try builtExecutable("rigaud")
        self.environment = environment.merging(["HOME": scratch.path, "PATH": "/usr/bin:/bin:/usr/sbin:/sbin"]) {
            own, _ in own
        }
        for (name, contents) in files { try scratch.write(contents, to: name) }
    }

    /// Runs `rigaud ARGUMENTS` in the folder.
    package func rigaud(_ arguments: String..., input: String = "", timeout: Duration = .hang) async throws
        -> ProcessResult
    {
        try await run(arguments, input: input, timeout: timeout)
    }

    package func run(
        _ arguments: [String], input: String = "", timeout: Duration = .hang
    ) async throws -> ProcessResult {
        let command = prefix + [program] + arguments
        return try await runProcess(
            command[0], Array(command.dropFirst()), environment: environment, directory: scratch.path, input: input,
            timeout: timeout)
    }

    /// Starts it and lets it run.
    package func start(_ arguments: String..., timeout: Duration = .hang) throws -> ChildProcess {
        try ChildProcess(
            program, arguments, environment: environment, directory: scratch.path, timeout: timeout)
    }

    /// Runs it, expects an exit status, and gives what it wrote to standard output.
    @discardableResult
    package func rigaud(
        _ arguments: String..., expecting status: Int32, sourceLocation: SourceLocation = #_sourceLocation
    ) async throws -> String {
        let result = try await runProcess(
            program, arguments, environment: environment, directory: scratch.path)
        #expect(
            result.exitStatus == status, "rigaud \(arguments.joined(separator: " ")): \(result)",
            sourceLocation: sourceLocation)
        return result.standardOutput
    }
}

/// Manifests that many tests begin from.
package enum Manifests {
    package static let simulatedProvider = """
        apiVersion: infra.virtrigaud.io/v1beta1
        kind: Provider
        metadata: {name: sim}
        spec: {type: libvirt, endpoint: "test:///default"}

        """

    package static func provider(_ name: String, _ uri: String) -> String {
        """
        apiVersion: infra.virtrigaud.io/v1beta1
        kind: Provider
        metadata: {name: \(name)}
        spec: {type: libvirt, endpoint: "\(uri)"}

        """
    }

    package static func vmClass(_ name: String = "small", cpu: Int = 1, memory: String = "256Mi", more: String = "")
        -> String
    {
        """
        apiVersion: infra.virtrigaud.io/v1beta1
        kind: VMClass
        metadata: {name: \(name)}
        spec: {cpu: \(cpu), memory: \(memory)\(more)}

        """
    }

    /// A machine with a blank disk of 1 GiB and an interface, unless said otherwise.
    package static func machine(
        _ name: String, provider: String = "sim", vmClass: String = "small", power: String = "On",
        disks: String = "[{name: root, size: 1Gi}]", networks: String = "[{name: default}]", more: String = "",
        annotations: String = ""
    ) -> String {
        """
        apiVersion: infra.virtrigaud.io/v1beta1
        kind: VirtualMachine
        metadata: {name: \(name), annotations: {\(annotations)}}
        spec:
          providerRef: {name: \(provider)}
          classRef: {name: \(vmClass)}
          powerState: \(power)
          disks: \(disks)
          networks: \(networks)
        \(more)
        """
    }

    package static func stream(_ documents: String...) -> String { documents.joined(separator: "---\n") }
    package static func stream(_ documents: [String]) -> String { documents.joined(separator: "---\n") }
}
