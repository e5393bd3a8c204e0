import Model

extension FetchJob {
    /// The checksum that the image has to have; nil where none is given. A list is read anew each time.
    func expectedDigest(
        of url: ImageURL, _ credentials: Credentials
    ) throws(ImageError) -> ExpectedDigest? {
        switch source.checksum {
        case nil: return nil
        case .digest(let algorithm, let digits):
            guard let expected = ExpectedDigest(algorithm, digits) else {
                throw ImageError(
                    .unsupported,
                    "Its checksum is not \(algorithm.digits) hexadecimal digits, as \(algorithm.rawValue) has them.")
            }
            return expected
        case .list(let text):
            let list = try ImageURL(text)
            let bytes =
                list.scheme == "file" ? try readList(list) : try download(list, credentials)
            guard let expected = ChecksumList.digest(of: url.fileName, in: bytes) else {
                throw ImageError(
                    .missing,
                    "\(list.shown) has no checksum of \(printable(url.fileName)), or has two that differ. Give the image's "
                        + "checksum itself, or the URL of a list that has it.")
            }
            return expected
        }
    }

    private func readList(_ list: ImageURL) throws(ImageError) -> [UInt8] {
        guard let file = try OpenFile.reading(list.path) else {
            throw ImageError(.missing, "There is no file \(printable(list.path)) on this machine.")
        }
        let bytes = try file.read(settings.largestList + 1, at: 0)
        guard bytes.count <= settings.largestList else {
            throw ImageError(
                .unsupported,
                "\(list.shown) has more than \(settings.largestList) bytes, which no list of checksums has.")
        }
        return bytes
    }

    private func download(_ list: ImageURL, _ credentials: Credentials) throws(ImageError) -> [UInt8] {
        let file = SmallFile(list.shown, limit: settings.largestList)
        let isSameHost = credentials.areFor(list) && !credentials.isEmpty
        let download = Download(
            url: list, credentials: isSameHost ? credentials : Credentials(in: list), retries: source.retries,
            bounds: bounds, settings: settings)
        _ = try download.run(into: file)
        return file.bytes
    }
}
