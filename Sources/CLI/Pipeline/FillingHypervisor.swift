import CloudInit
import Hypervisor
import Images
import Model
import Reports
import Synchronization

/// Hosts whose new volumes are filled: what an image is made of is brought here first, what a seed is made of is written
/// when it is needed. Where a host takes no content, as a simulated one, its volumes are made without.
final class FillingHypervisor: Hypervisor {
    private let hypervisor: any Hypervisor
    private let content: Content

    /// - Parameter progress: What is being done to an address, in a few words; from any thread.
    init(
        _ hypervisor: any Hypervisor, _ contents: [Address: VolumeContent], of plan: Plan, images: ImageStore,
        progress: @escaping @Sendable (Address, String) -> Void
    ) {
        self.hypervisor = hypervisor
        let taken = plan.changes.filter { $0.change.features.contains(.upload) }.compactMap { planned in
            contents[planned.change.address].map { (planned.change.address, $0) }
        }
        content = Content(
            contents: Dictionary(taken, uniquingKeysWith: { first, _ in first }), images: images, progress: progress)
    }

    func reader(for host: Host) async throws(HostError) -> any HostReading {
        try await hypervisor.reader(for: host)
    }

    func writer(for host: Host) async throws(HostError) -> any HostWriting {
        FillingWriter(writer: try await hypervisor.writer(for: host), content: content)
    }
}

private struct FillingWriter: HostWriting {
    let writer: any HostWriting
    let content: Content

    func observe(_ interest: Interest) async throws(HostError) -> ObservedHost { try await writer.observe(interest) }

    func status(of domains: [ObjectReference]) async throws(HostError) -> [DomainStatus] {
        try await writer.status(of: domains)
    }

    func wait(
        _ operation: Operation, progress: @escaping @Sendable (String) -> Void
    ) async throws(HostError) {
        try await writer.wait(operation, progress: progress)
    }

    func fill(
        _ operation: Operation, with image: LocalImage, progress: @escaping @Sendable (Int64) -> Void
    ) async throws(HostError) {
        try await writer.fill(operation, with: image, progress: progress)
    }

    func perform(_ operation: Operation) async throws(HostError) {
        if operation.verb == .wait {
            return try await writer.wait(operation) { [content] in content.progress(operation.address, $0) }
        }
        guard operation.verb == .create, let wanted = content.contents[operation.address] else {
            return try await writer.perform(operation)
        }
        switch wanted {
        case .image(let source):
            let image = try await content.bring(source, for: operation.address)
            try await fill(operation, from: image)
        case .seed(let seed):
            let bytes: [UInt8]
            do throws(SeedError) { bytes = try seedImage(of: seed) } catch { throw HostError(error) }
            try await fill(operation, from: try MemoryFile(bytes, format: .iso))
        case .ignition(let configuration):
            try await fill(operation, from: try MemoryFile(configuration.reveal { $0 }, format: .raw))
        }
    }

    private func fill(_ operation: Operation, from file: MemoryFile) async throws(HostError) {
        try await fill(operation, from: file.image)
        withExtendedLifetime(file) {}
    }

    private func fill(_ operation: Operation, from image: LocalImage) async throws(HostError) {
        try await writer.fill(operation, with: image) { [content] sent in
            content.progress(operation.address, "uploading \(share(sent, of: image.length))")
        }
    }
}

/// What volumes are filled with, shared by all hosts.
private struct Content: Sendable {
    let contents: [Address: VolumeContent]
    let images: ImageStore
    let progress: @Sendable (Address, String) -> Void

    func bring(_ source: ImageSource, for address: Address) async throws(HostError) -> LocalImage {
        do throws(ImageError) {
            return try await images.fetch(source) { stage in
                switch stage {
                case .downloading(let done, let total): progress(address, "downloading \(share(done, of: total))")
                case .unpacking(let done, let total): progress(address, "unpacking \(share(done, of: total))")
                }
            }
        } catch {
            throw HostError(.content, error.summary, error.detail, command: error.command)
        }
    }
}

private func share(_ done: Int64, of total: Int64?) -> String {
    guard let total, total > 0 else { return sizeText(done) }
    return "\(sizeText(done)) of \(sizeText(total)) (\(done * 100 / total) %)"
}

extension HostError {
    init(_ error: SeedError) { self.init(.content, "A cloud-init seed cannot be made", error.detail) }
}
