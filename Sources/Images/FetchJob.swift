import Glibc
import Model

/// One fetch, from its beginning to its end. It blocks the thread that it runs on.
struct FetchJob {
    let source: ImageSource
    let directory: String
    let bounds: Bounds
    let settings: FetchSettings
    let meter: ProgressMeter

    func run() throws(ImageError) -> LocalImage {
        let url = try ImageURL(source.url)
        let credentials = try Credentials(source, for: url)
        let expected = try expectedDigest(of: url, credentials)
        guard url.scheme == "file" else { return try fetchRemote(url, credentials, expected) }
        return try fetchFile(url, expected)
    }

    /// With the cache's folder made ready, and the lock of an image's files held.
    private func inCache(
        _ entry: CacheEntry, _ body: () throws(ImageError) -> LocalImage
    ) throws(ImageError) -> LocalImage {
        try CacheDirectory.prepare(directory)
        CacheDirectory.removeLeftovers(directory, olderThan: settings.leftoverAge)
        return try KeyLock.holding(entry.lock, bounds, body)
    }

    // MARK: Over http

    private func fetchRemote(
        _ url: ImageURL, _ credentials: Credentials, _ expected: ExpectedDigest?
    ) throws(ImageError) -> LocalImage {
        let entry = CacheEntry(directory, expected, url)
        return try inCache(entry) { () throws(ImageError) in
            let present = try usable(entry, expected)
            if present != nil, expected != nil { return try describe(entry.image, url) }
            let partial = try PartialDownload(entry, url, expected?.algorithm, bounds, settings, meter)
            if let present, !present.validators.isEmpty {
                try partial.startAnew()
                partial.skip(unlessOtherThan: present.validators)
            } else if source.force {
                try partial.startAnew()
            } else {
                try partial.goOn()
            }
            do throws(ImageError) {
                guard try download(url, credentials, expected, into: partial) else {
                    entry.removePartial()
                    return try describe(entry.image, url)
                }
            } catch {
                // Nothing came, or what came was thrown away.
                if partial.length == 0 { entry.removePartial() }
                throw error
            }
            let stamp = try partial.finish()
            try accept(entry, url, stamp, partial.validators)
            return try describe(entry.image, url)
        }
    }

    /// True when it is in `partial`, and is what it should be; false when the image that is there is still the one.
    private func download(
        _ url: ImageURL, _ credentials: Credentials, _ expected: ExpectedDigest?, into partial: PartialDownload
    ) throws(ImageError) -> Bool {
        let download = Download(
            url: url, credentials: credentials, retries: source.retries, bounds: bounds, settings: settings)
        for isLast in [false, true] {
            if !partial.needsNothing {
                // A download that was whole already, and is still the one, is not an image that was there.
                if try download.run(into: partial) == .notModified, partial.length == 0 { return false }
            }
            guard let expected, let digits = partial.digits, digits != expected.digits else { break }
            try partial.startAnew()
            if isLast { throw mismatch(url, expected, digits, "It was downloaded twice, and has been deleted.") }
        }
        return true
    }

    /// Unpacks what was downloaded, looks what it is, and makes it the image of the cache.
    private func accept(
        _ entry: CacheEntry, _ url: ImageURL, _ stamp: FileStamp, _ validators: Validators
    ) throws(ImageError) {
        guard let file = try OpenFile.reading(entry.partial) else { throw .reading(entry.partial, ENOENT) }
        do throws(ImageError) {
            if Packing(try file.read(16, at: 0)) == nil {
                _ = try Recognition.recognise(file)
                try entry.place(entry.partial, .init(stamp: stamp, wasPacked: false, validators: validators))
            } else {
                let unpacked = try unpack(file, to: entry.unpacked)
                try entry.place(entry.unpacked, .init(stamp: unpacked, wasPacked: true, validators: validators))
            }
        } catch {
            unlink(entry.unpacked)
            // It would be no better the next time.
            if error.reason == .unsupported { entry.removePartial() }
            throw error.of(url)
        }
    }

    // MARK: On this machine

    private func fetchFile(_ url: ImageURL, _ expected: ExpectedDigest?) throws(ImageError) -> LocalImage {
        guard let file = try OpenFile.reading(url.path) else {
            throw ImageError(.missing, "There is no file \(printable(url.path)) on this machine.")
        }
        let stamp = try file.stamp()
        if Packing(try file.read(16, at: 0)) == nil {
            try verify(file, url, expected)
            let image = try describe(url.path, url)
            try checkUnchanged(file, url, stamp)
            return image
        }
        let entry = CacheEntry(directory, expected, url)
        return try inCache(entry) { () throws(ImageError) in
            if let present = try usable(entry, expected), expected != nil || present.source == stamp {
                return try describe(entry.image, url)
            }
            do throws(ImageError) {
                try verify(file, url, expected)
                let unpacked = try unpack(file, to: entry.unpacked)
                try checkUnchanged(file, url, stamp)
                try entry.place(entry.unpacked, .init(stamp: unpacked, wasPacked: true, source: stamp))
            } catch {
                unlink(entry.unpacked)
                throw error.reason == .unsupported ? error.of(url) : error
            }
            return try describe(entry.image, url)
        }
    }

    private func verify(
        _ file: borrowing OpenFile, _ url: ImageURL, _ expected: ExpectedDigest?
    ) throws(ImageError) {
        guard let expected else { return }
        let digits = try digest(of: file, expected.algorithm)
        if digits != expected.digits { throw mismatch(url, expected, digits, "The file was left as it is.") }
    }

    private func checkUnchanged(
        _ file: borrowing OpenFile, _ url: ImageURL, _ stamp: FileStamp
    ) throws(ImageError) {
        guard try file.stamp() == stamp else {
            throw ImageError(.failed, "\(url.shown) was written to while it was read. Run this again when it is whole.")
        }
    }

    // MARK: Both

    /// What the cache has of it, if that can be trusted.
    private func usable(
        _ entry: CacheEntry, _ expected: ExpectedDigest?
    ) throws(ImageError) -> CacheEntry.Description? {
        guard !source.force, var description = entry.description(), let image = try OpenFile.reading(entry.image) else {
            return nil
        }
        let stamp = try image.stamp()
        if stamp == description.stamp { return description }
        // Somebody has written to it, or has only touched it: its checksum tells, where it is known.
        guard !description.wasPacked, let expected, try digest(of: image, expected.algorithm) == expected.digits else {
            return nil
        }
        description.stamp = stamp
        try writeRecord(description.value, to: entry.record)
        return description
    }

    private func digest(
        of file: borrowing OpenFile, _ algorithm: ChecksumAlgorithm
    ) throws(ImageError) -> String {
        var digester = Digester(algorithm)
        try file.forEachPiece(upTo: .max, bounds) { digester.update($0) }
        return digester.hexadecimal
    }

    /// Unpacks a file, and makes sure that it is an image.
    private func unpack(_ file: borrowing OpenFile, to path: String) throws(ImageError) -> FileStamp {
        var bounds = bounds
        bounds.stage = .unpacking
        let stamp = try Unpacker(bounds: bounds, settings: settings, meter: meter).unpack(file, to: path)
        guard let unpacked = try OpenFile.reading(path) else { throw .reading(path, ENOENT) }
        _ = try Recognition.recognise(unpacked)
        return stamp
    }

    private func describe(_ path: String, _ url: ImageURL) throws(ImageError) -> LocalImage {
        guard let file = try OpenFile.reading(path) else { throw .reading(path, ENOENT) }
        do throws(ImageError) {
            let finding = try Recognition.recognise(file)
            return LocalImage(
                path: path, format: finding.format, length: try file.stamp().size, capacity: finding.capacity)
        } catch {
            throw error.of(url)
        }
    }

    private func mismatch(
        _ url: ImageURL, _ expected: ExpectedDigest, _ digits: String, _ fate: String
    ) -> ImageError {
        ImageError(
            .mismatch,
            "The \(expected.algorithm.rawValue) of \(url.shown) is \(digits), and should be \(expected.digits). \(fate) "
                + "Either the image was changed where it comes from, or the checksum is another file's.")
    }
}

extension ImageError {
    /// With the URL that it is about, where it is about what came from there.
    fileprivate func of(_ url: ImageURL) -> ImageError {
        guard reason == .unsupported else { return self }
        return ImageError(reason, "What \(url.shown) gives was refused. \(detail)", command: command)
    }
}
