package import Model
import YAML

/// What reading manifests needs to know besides them.
package struct LoadOptions: Sendable {
    /// The host of a stack that has no Provider.
    package var fallbackURI: String
    /// What the stack is called where no Stack says it.
    package var stackName: String
    package var limits: SourceLimits
    /// Gives the digest of the files that were read, in hexadecimal.
    package var digest: @Sendable ([SourceFile]) -> String
    /// Gives the digest of some bytes, in hexadecimal.
    package var hash: @Sendable ([UInt8]) -> String

    package init(
        fallbackURI: String = "qemu:///system", stackName: String = "default", limits: SourceLimits = SourceLimits(),
        digest: @escaping @Sendable ([SourceFile]) -> String = { _ in "" },
        hash: @escaping @Sendable ([UInt8]) -> String = { "\($0.count)" }
    ) {
        self.fallbackURI = fallbackURI
        self.stackName = stackName
        self.limits = limits
        self.digest = digest
        self.hash = hash
    }
}

/// Manifests that were read, and all that is to be said of them.
package struct Loaded: Sendable {
    /// The desired graph; nil where any diagnostic is an error.
    package let desired: DesiredState?
    /// What the Stack manifest calls it, where one could be read; broken manifests beside it do not matter.
    package let stackName: String?
    /// In the order of their places.
    package let diagnostics: [Diagnostic]
    /// The names of the files that were read, in their order.
    package let files: [String]
    /// The values of each Secret.
    package let secrets: [Address: [String: Secret]]
}

/// Reads, checks and resolves a source. Everything that is wrong is said at once.
package func loadManifests(from source: ManifestSource, _ options: LoadOptions = LoadOptions()) -> Loaded {
    var problems = Problems()
    let files = readFiles(of: source, options.limits, &problems).filter { !$0.isOutput }
    var documents: [Document] = []
    for file in files {
        // https://github.com/git-lfs/git-lfs/blob/main/docs/spec.md: such a file has nothing else in it.
        if file.bytes.starts(with: Array("version https://git-lfs.github.com/spec/".utf8)) {
            problems.add(
                .notFetched, file: file.name,
                "The manifest itself is kept by Git LFS, and was not fetched: without it, what it defines would be deleted. Fetch it "
                    + "with `git lfs pull`, or take manifests out of LFS; a git source does not read it.")
            continue
        }
        do throws(YAMLError) {
            try readYAML(file.bytes) { tree in
                if let document = readDocument(tree, file: file.name, &problems) { documents.append(document) }
            }
        } catch {
            let code: ProblemCode =
                switch error.reason {
                case .syntax: .invalidYAML
                case .tooDeep: .tooDeep
                case .tooManyAliases: .tooManyAliases
                }
            problems.add(
                code, at: SourceLocation(file: file.name, line: error.line, column: error.column), error.detail)
        }
    }
    var resolver = Resolver(Catalog(documents, &problems), options, problems)
    var desired = resolver.resolve()
    desired.digest = options.digest(files)
    return Loaded(
        desired: resolver.problems.hasErrors ? nil : desired,
        stackName: documents.first { $0.kind === Kind.stack }?.name, diagnostics: resolver.problems.sorted(),
        files: files.map(\.name), secrets: resolver.secrets)
}
