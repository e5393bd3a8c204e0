import Glibc

/// The kernel's lock on one image of the cache. It goes with its holder, however that ends.
struct KeyLock: ~Copyable {
    private let file: OpenFile

    /// Does something while it is held. Waits for it as long as the fetch may take.
    static func holding<Result>(
        _ path: String, _ bounds: Bounds, _ body: () throws(ImageError) -> Result
    ) throws(ImageError) -> Result {
        let lock = try take(path, bounds)
        defer { withExtendedLifetime(lock) {} }
        return try body()
    }

    private static func take(_ path: String, _ bounds: Bounds) throws(ImageError) -> KeyLock {
        while true {
            if let lock = try attempt(path) { return lock }
            do throws(ImageError) {
                try bounds.sleep(.milliseconds(100))
            } catch {
                guard error.reason == .timedOut else { throw error }
                throw ImageError(
                    .timedOut,
                    "Another process has been fetching the same image for \(bounds.timeout) seconds. It holds \(path).")
            }
        }
    }

    /// Nil where somebody else holds it.
    static func attempt(_ path: String) throws(ImageError) -> KeyLock? {
        while true {
            let file = try OpenFile.writing(path)
            guard flock(file.descriptor, LOCK_EX | LOCK_NB) == 0 else {
                if errno == EINTR { continue }
                guard errno == EWOULDBLOCK else { throw .writing(path, errno) }
                return nil
            }
            // Who cleans up removes lock files that it holds: then this one is nobody's.
            var (ours, current) = (stat(), stat())
            guard fstat(file.descriptor, &ours) == 0 else { throw .reading(path, errno) }
            if stat(path, &current) == 0, ours.st_ino == current.st_ino, ours.st_dev == current.st_dev {
                return KeyLock(file: file)
            }
        }
    }

    deinit {
        // A process that is being started just now has the descriptor too, until it becomes another program.
        _ = flock(file.descriptor, LOCK_UN)
    }
}
