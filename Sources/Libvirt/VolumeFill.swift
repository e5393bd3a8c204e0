import CLibvirt
import Model

/// A volume that is being filled with an image.
///
/// Libvirt renames no volume, so that the image cannot come under another name and be put in place when it is whole.
/// Instead, what makes it one comes last (`ImageLayout`); where the host converts it, or the volume is a device, a second
/// volume beside it says that it is not whole (`HostSession.unfinishedMark`).
struct VolumeFill: Sendable {
    private let session: HostSession
    private let operation: Operation
    private let image: LocalImage
    private let purpose: Purpose
    private let progress: @Sendable (Int64) -> Void

    private var name: String { operation.object.name }
    private var mark: String { session.unfinishedMark(of: name) }
    private var reference: VolumeReference { VolumeReference(pool: operation.object.pool ?? "", name: name) }

    init(
        _ session: HostSession, _ operation: Operation, _ image: LocalImage,
        _ progress: @escaping @Sendable (Int64) -> Void
    ) {
        self.session = session
        self.operation = operation
        self.image = image
        self.progress = progress
        purpose = session.purpose(
            "fill the volume", "\(operation.object.pool ?? "")/\(operation.object.name)")
    }

    func run() async throws(HostError) {
        let plan = try await onLane { pool throws(HostError) in try self.plan(for: pool) }
        session.memory.forgetOrigin(reference)
        if try await onLane({ pool throws(HostError) in try prepare(plan, in: pool) }) {
            do throws(HostError) {
                try await makeVolume(plan)
            } catch {
                let undone = try? await onLane { pool throws(HostError) in
                    session.abandon(name, in: pool, after: error, purpose)
                }
                throw undone ?? error
            }
        }
        progress(image.length)
        try await onLane { pool throws(HostError) in
            let volume = try find(name, in: pool)
            try session.grow(volume, of: operation, purpose)
            try session.remember(volume, operation.object, purpose)
        }
    }

    private func makeVolume(_ plan: FillPlan) async throws(HostError) {
        try await transfer(plan)
        try await onLane { pool throws(HostError) in
            try purpose.check("virStoragePoolRefresh", virStoragePoolRefresh(pool.pointer, 0))
            try check(plan.isConverted ? mark : name, plan.isBlock ? nil : plan.layout.format, plan.layout, in: pool)
        }
        if plan.isConverted {
            try await onLane(of: session.transfers) { pool throws(HostError) in try convert(plan, in: pool) }
        }
        guard plan.isMarked else { return }
        try await onLane { pool throws(HostError) in try session.removeVolume(mark, in: pool, purpose) }
    }

    /// Runs on a lane with the volume's pool, and again while the pool or the volume is busy.
    private func onLane<Answer: Sendable>(
        of lanes: Lanes? = nil, _ body: @escaping @Sendable (borrowing PoolHandle) throws(HostError) -> Answer
    ) async throws(HostError) -> Answer {
        try await session.patiently(for: HostSession.longPatience) { () async throws(HostError) in
            try await (lanes ?? session.lanes).run { () throws(HostError) in
                guard let pool = try ifThere({ () throws(HostError) in try session.pool(reference.pool, purpose) })
                else { throw session.noPool(reference.pool, purpose) }
                return try body(pool.handle)
            }
        }
    }

    private func plan(for pool: borrowing PoolHandle) throws(HostError) -> FillPlan {
        let file = try ImageFile(image.path, length: image.length, purpose)
        let layout = try ImageLayout(image, file, purpose)
        let isBlock = try session.isOfDevices(pool, purpose)
        return try FillPlan(layout, wanted: operation.set[.volumeFormat]?.text, isBlock: isBlock, purpose)
    }

    // MARK: Steps

    /// Takes away what an interrupted run left. False where the volume is there and whole.
    private func prepare(_ plan: FillPlan, in pool: borrowing PoolHandle) throws(HostError) -> Bool {
        let isMarked = try session.findVolume(mark, in: pool, purpose) != nil
        if !isMarked, let existing = try session.findPresentVolume(name, in: pool, purpose) {
            let found = try look(existing)
            let isRecognised = plan.isBlock || found.format == plan.format
            if isRecognised, plan.accepts(found.capacity, atLeast: operation.set[.capacity]?.number) { return false }
        }
        // The mark last: as long as it is there, the other is not taken for whole.
        try session.removeVolume(name, in: pool, purpose)
        try session.removeVolume(mark, in: pool, purpose)
        return true
    }

    private func transfer(_ plan: FillPlan) async throws(HostError) {
        try await onLane { pool throws(HostError) in
            if plan.isMarked, !plan.isConverted { try session.mark(name, in: pool, purpose) }
            let xml = plan.definition(of: plan.isConverted ? mark : name, isPrivate: image.isPrivate)
            do throws(HostError) {
                try create(xml, in: pool)
            } catch {
                // A file that libvirt has not seen yet.
                guard error.reason == .exists else { throw error }
                try purpose.check("virStoragePoolRefresh", virStoragePoolRefresh(pool.pointer, 0))
                try session.removeVolume(plan.isConverted ? mark : name, in: pool, purpose)
                try create(xml, in: pool)
            }
        }
        try await onLane(of: session.transfers) { pool throws(HostError) in
            let file = try ImageFile(image.path, length: image.length, purpose)
            let volume = try find(plan.isConverted ? mark : name, in: pool)
            let upload = Upload(session, purpose)
            var sent: Int64 = 0
            for (index, piece) in plan.layout.pieces.enumerated() {
                try upload.send(piece, of: file, to: volume, withHoles: index == 0) { count in
                    sent += count
                    progress(sent)
                }
            }
        }
    }

    private func create(_ xml: String, in pool: borrowing PoolHandle) throws(HostError) {
        _ = try VolumeHandle(purpose.object("virStorageVolCreateXML", virStorageVolCreateXML(pool.pointer, xml, 0)))
    }

    private func convert(_ plan: FillPlan, in pool: borrowing PoolHandle) throws(HostError) {
        let original = try find(mark, in: pool)
        // What an attempt before this one, refused while the pool was busy, may have left.
        try session.removeVolume(name, in: pool, purpose)
        let xml = plan.definition(
            of: name, as: plan.format, capacity: plan.layout.capacity, isPrivate: image.isPrivate)
        _ = try VolumeHandle(
            purpose.object(
                "virStorageVolCreateXMLFrom", virStorageVolCreateXMLFrom(pool.pointer, xml, original.pointer, 0)))
    }

    // MARK: Looking

    private func find(_ name: String, in pool: borrowing PoolHandle) throws(HostError) -> VolumeHandle {
        guard let volume = try session.findVolume(name, in: pool, purpose) else {
            throw purpose.error(.failed, "Somebody took it away while it was filled. Run the apply again.")
        }
        return volume
    }

    private func look(
        _ volume: borrowing VolumeHandle
    ) throws(HostError) -> (format: String, capacity: Int64, backing: String?) {
        let document = try session.read(volume, purpose)
        let root = document.root
        return (
            root.descendant(["target", "format"])?["type"] ?? "raw", root.guestCapacity ?? 0,
            root.descendant(["backingStore", "path"])?.text
        )
    }

    /// Holds what the host now says of the volume against what was sent.
    private func check(
        _ name: String, _ format: ImageFormat?, _ layout: ImageLayout, in pool: borrowing PoolHandle
    ) throws(HostError) {
        let found = try look(try find(name, in: pool))
        if let backing = found.backing {
            throw purpose.error(
                .invalid, "The image \(image.path) lies on another file, \(backing). Make one that stands alone.",
                command: "qemu-img convert -O qcow2 '\(image.path)' whole.qcow2")
        }
        let isRecognised = format == nil || found.format == format?.rawValue
        guard isRecognised, FillPlan.agree(found.capacity, layout.capacity, of: layout.format, isBlock: format == nil)
        else {
            throw purpose.error(
                .failed,
                "\(image.path) was sent as \(layout.format.rawValue) of \(layout.capacity) bytes, and the host sees "
                    + "\(found.format) of \(found.capacity). The image is damaged, or of a kind that libvirt does not know.",
                command: "qemu-img info '\(image.path)'")
        }
    }
}
