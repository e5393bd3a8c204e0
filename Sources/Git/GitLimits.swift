/// What is refused to be read, so that a hostile repository costs little. A directory has the same limits.
package struct GitLimits: Sendable {
    package var fileSize = 64 << 20
    package var totalSize = 256 << 20
    package var files = 20_000
    /// Directories within directories.
    package var depth = 32
    /// Everything in the directories that are read, manifest or not.
    package var entries = 1_000_000
    /// Submodules within submodules.
    package var submoduleDepth = 4
    /// Bytes of one fetch.
    package var download = 4 << 30

    package init() {}
}
