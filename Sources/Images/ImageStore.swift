import Dispatch
package import Model

/// Images of this machine: brings them here, and keeps what it brought.
///
/// Copies of a store know of one another's fetches; other stores and processes on the same folder wait for one another
/// by locks of the kernel's.
package struct ImageStore: Sendable {
    /// Made when first needed, for the user alone.
    private let directory: String
    /// Asked now and then: a download that is under way ends, and what came of it is kept for the next one.
    private let isStopped: @Sendable () -> Bool
    private let settings: FetchSettings
    private let flights = Flights()

    package init(
        directory: String, settings: FetchSettings = FetchSettings(),
        isStopped: @escaping @Sendable () -> Bool = { false }
    ) {
        self.directory = directory
        self.settings = settings
        self.isStopped = isStopped
    }

    /// Brings an image here, unless it is here already, checks it, unpacks it, and tells what it is.
    ///
    /// The file is only for reading: it stays in the cache, or is the user's own. Who asks for what is being fetched
    /// already waits for that; a fetch that nobody waits for any more (their tasks were cancelled) ends.
    package func fetch(
        _ source: ImageSource, progress: @escaping @Sendable (FetchProgress) -> Void = { _ in }
    ) async throws(ImageError) -> LocalImage {
        let number = flights.number()
        let result = await withTaskCancellationHandler {
            await withCheckedContinuation { continuation in
                if let flight = flights.board(number, source, progress, continuation) { fly(flight, source) }
            }
        } onCancel: {
            flights.leave(number)
        }
        flights.forget(number)
        return try result.get()
    }

    /// On a thread of its own, since libcurl, the file system and the kernel's locks block.
    private func fly(_ flight: Flight, _ source: ImageSource) {
        DispatchQueue(label: "image").async { [directory, settings, isStopped] in
            let bounds = Bounds(timeout: source.timeout) { isStopped() || flight.isClosed }
            let job = FetchJob(
                source: source, directory: directory, bounds: bounds, settings: settings,
                meter: ProgressMeter { flight.tell($0) })
            flight.land(Result { () throws(ImageError) in try job.run() })
        }
    }
}
