import CLibvirt
import Glibc
import Model

/// What a volume is made of: an overlay's backing, or what it is a copy of.
struct VolumeOrigin: Sendable {
    let path: String
    /// Bytes as a guest sees them.
    let capacity: Int64
}

extension HostSession {
    /// What libvirt knows of `pool/volume` or of a path; nil for a path that is no volume of its, and for what a simulated host
    /// does not have. Looked up once.
    /// - Parameter format: What it is said to be. A raw one is as large as its file.
    func origin(_ text: String, as format: String?, _ purpose: Purpose) throws(HostError) -> VolumeOrigin? {
        try memory.origin(text) { () throws(HostError) in
            let found =
                isTestDriver
                ? try ifThere { () throws(HostError) in try self.volume(at: text, purpose) } ?? nil
                : try self.volume(at: text, purpose)
            guard let volume = found else { return nil }
            let document = try read(volume, purpose)
            let root = document.root
            if format == "raw" { root.takeAsRaw() }
            let path = root.descendant(["target", "path"])?.text ?? ""
            if let reference = VolumeReference(text), root.has("type", "file") {
                memory.note(path: path, of: reference)
            }
            return VolumeOrigin(path: path, capacity: root.guestCapacity ?? 0)
        }
    }

    /// A volume by `pool/volume`, which must be there, or by its path; nil where that is no volume's.
    func volume(at text: String, _ purpose: Purpose) throws(HostError) -> VolumeHandle? {
        if let reference = VolumeReference(text) {
            let pool = try pool(reference.pool, purpose)
            return try findVolume(meant: reference, in: pool.handle, purpose)
        }
        return try ifThere { () throws(HostError) in
            try VolumeHandle(
                purpose.object("virStorageVolLookupByPath", virStorageVolLookupByPath(connection.pointer, text)))
        }
    }

    /// Has libvirt look into the pool that `pool/volume` or a path is in: it does not see by itself what others put there.
    func refreshPool(of text: String, _ purpose: Purpose) throws(HostError) {
        let pool: PoolHandle?
        if let reference = VolumeReference(text) {
            pool = try ifThere { () throws(HostError) in
                try PoolHandle(
                    purpose.object(
                        "virStoragePoolLookupByName", virStoragePoolLookupByName(connection.pointer, reference.pool)))
            }
        } else {
            let directory = text.lastIndex(of: "/").map { String(text[..<$0]) } ?? text
            // The test driver does not look for pools by their directories, and has no files in them.
            if isTestDriver { return }
            pool = try ifThere { () throws(HostError) in
                try PoolHandle(
                    purpose.object(
                        "virStoragePoolLookupByTargetPath",
                        virStoragePoolLookupByTargetPath(connection.pointer, directory)))
            }
        }
        guard let pool else { return }
        try purpose.check("virStoragePoolRefresh", virStoragePoolRefresh(pool.pointer, 0))
    }

    /// Waits for what a volume is made of, or a domain has in its drives, where the operation says how long.
    func waitForOrigin(of operation: Operation) async throws(HostError) {
        // On a simulated host nobody brings anything, and what is not there is taken to be.
        guard operation.verb == .create || operation.verb == .update, operation.timeout > 0, !isTestDriver else {
            return
        }
        for (path, value) in operation.set where path.isOfOrigin {
            if let text = value.text { try await wait(for: text, of: operation) }
        }
    }

    private func wait(for text: String, of operation: Operation) async throws(HostError) {
        let object = operation.object
        let purpose =
            object.kind == .domain
            ? purpose("define the domain", object.name)
            : purpose("create the volume", "\(object.pool ?? "")/\(object.name)")
        let deadline = ContinuousClock.now + .seconds(operation.timeout)
        var pause = Duration.milliseconds(200)
        var isFirst = true
        while true {
            let refreshes = !isFirst
            let isThere = try await lanes.run { () throws(HostError) in
                try self.isThere(text, refreshing: refreshes, purpose)
            }
            if isThere { return }
            guard ContinuousClock.now < deadline, !Task.isCancelled else { break }
            isFirst = false
            try? await Task.sleep(for: min(pause, ContinuousClock.now.duration(to: deadline)))
            pause = min(pause * 2, .seconds(5))
        }
        var error = purpose.error(
            .timedOut,
            "It starts from \(text), which was waited for and is not there after \(operation.timeout) seconds. Put it "
                + "there, or let it be waited for longer, and run the apply again.",
            command: listCommand(for: text))
        error.isUndone = true
        throw error
    }

    /// Whether a volume is there and whole.
    private func isThere(_ text: String, refreshing: Bool, _ purpose: Purpose) throws(HostError) -> Bool {
        do throws(HostError) {
            if refreshing { try refreshPool(of: text, purpose) }
            memory.forgetOrigin(text)
            guard try volume(at: text, purpose) != nil else { return try isFileOutsidePools(text, purpose) }
            let mark = try ifThere { () throws(HostError) in try volume(at: unfinishedMark(of: text), purpose) }
            return mark == nil
        } catch {
            // A pool that is not there, not active or busy may be so no more at the next look.
            guard [.missing, .invalid, .busy].contains(error.reason) else { throw error }
            return false
        }
    }

    /// Whether there is a file in no pool's directory. A device is taken to be there: what makes something of it will say.
    func isFileOutsidePools(_ path: String, _ purpose: Purpose) throws(HostError) -> Bool {
        guard VolumeReference(path) == nil else { return false }
        guard let file = FilePlace(path) else { return true }
        do throws(HostError) {
            return try look(into: file.directory, purpose) { place throws(HostError) in
                try findVolume(file.name, in: place, purpose) != nil
            }
        } catch {
            // There may be no such directory yet.
            guard error.reason != .unreachable else { throw error }
            return false
        }
    }

    func listCommand(for text: String) -> String {
        let pool = VolumeReference(text)?.pool
        return "virsh -c '\(host.uri)' \(pool.map { "vol-list \($0)" } ?? "pool-list --all")"
    }
}

extension AttributePath {
    /// Whether its value names what must be there first.
    fileprivate var isOfOrigin: Bool { [.backing, .copy, .diskSource].contains(attribute) }
}
