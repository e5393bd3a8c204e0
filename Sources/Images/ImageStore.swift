package import Model

/// Images of this machine: brings them here, and keeps what it brought.
package struct ImageStore: Sendable {
    /// Made when first needed, for the user alone.
    private let directory: String
    /// Asked now and then: a download that is under way ends, and what came of it is kept for the next one.
    private let isStopped: @Sendable () -> Bool

    package init(directory: String, isStopped: @escaping @Sendable () -> Bool = { false }) {
        self.directory = directory
        self.isStopped = isStopped
    }

    /// Brings an image here, unless it is here already, checks it, unpacks it, and tells what it is.
    package func fetch(
        _ source: ImageSource, progress: @escaping @Sendable (FetchProgress) -> Void = { _ in }
    ) async throws(ImageError) -> LocalImage {
        throw ImageError(.failed, "An image cannot be downloaded", "Not yet.")
    }
}
