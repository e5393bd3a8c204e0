import CLibvirt
import Glibc
import Model

/// Bytes of a file going into a volume over a stream of libvirt's. Blocks: for a lane of transfers.
///
/// In memory there is one chunk of it, and what libvirt has not written to its socket yet.
struct Upload: ~Copyable {
    /// What libvirt has sent in one message since streams exist: VIR_NET_MESSAGE_LEGACY_PAYLOAD_MAX.
    private static let chunk = 262_120

    private let session: HostSession
    private let purpose: Purpose
    private let buffer: UnsafeMutableRawBufferPointer
    private let zeros: UnsafeMutableRawBufferPointer

    init(_ session: HostSession, _ purpose: Purpose) {
        self.session = session
        self.purpose = purpose
        buffer = .allocate(byteCount: Upload.chunk, alignment: 4096)
        zeros = .allocate(byteCount: Upload.chunk, alignment: 4096)
        zeros.initializeMemory(as: UInt8.self, repeating: 0)
    }

    deinit {
        buffer.deallocate()
        zeros.deallocate()
    }

    /// Sends a range of the file to the same place in the volume.
    /// - Parameters:
    ///   - withHoles: Zeros are left out. Libvirt ends a file where a hole ends, so that nothing may lie behind.
    ///   - sent: Called with the bytes that each step took further.
    func send(
        _ range: Range<Int64>, of file: borrowing ImageFile, to volume: borrowing VolumeHandle, withHoles: Bool,
        _ sent: (Int64) -> Void
    ) throws(HostError) {
        guard !range.isEmpty else { return }
        var hasHoles = withHoles
        let stream: Stream
        do throws(HostError) {
            stream = try open(range, volume, withHoles: hasHoles)
        } catch {
            // A daemon from before there were holes in streams.
            guard hasHoles, error.reason == .invalid || error.reason == .unsupported else { throw error }
            hasHoles = false
            stream = try open(range, volume, withHoles: false)
        }
        var offset = range.lowerBound
        while offset < range.upperBound {
            let data = file.data(from: offset, before: range.upperBound)
            try skip(data.lowerBound - offset, on: stream, asHole: hasHoles)
            sent(data.lowerBound - offset)
            offset = data.lowerBound
            while offset < data.upperBound {
                let count = Int(min(Int64(Upload.chunk), data.upperBound - offset))
                let part = UnsafeMutableRawBufferPointer(rebasing: buffer[..<count])
                try file.read(into: part, at: offset, purpose)
                if hasHoles, isZero(part) {
                    try skip(Int64(count), on: stream, asHole: true)
                } else {
                    try write(part, on: stream)
                }
                sent(Int64(count))
                offset += Int64(count)
            }
        }
        try stream.finish(purpose)
    }

    /// Makes a file longer by zeros before its new end, whatever libvirt takes it for. The space between is not allocated.
    func lengthen(
        _ volume: borrowing VolumeHandle, from length: Int64, to end: Int64
    ) throws(HostError) {
        let range = max(length, end - 512)..<end
        let stream = try open(range, volume, withHoles: false)
        try write(UnsafeMutableRawBufferPointer(rebasing: zeros[..<range.count]), on: stream)
        try stream.finish(purpose)
    }

    private func isZero(_ bytes: UnsafeMutableRawBufferPointer) -> Bool {
        guard let left = bytes.baseAddress, let right = zeros.baseAddress else { return true }
        return memcmp(left, right, bytes.count) == 0
    }

    private func open(
        _ range: Range<Int64>, _ volume: borrowing VolumeHandle, withHoles: Bool
    ) throws(HostError) -> Stream {
        let stream = Stream(try purpose.object("virStreamNew", virStreamNew(session.connection.pointer, 0)))
        try purpose.check(
            "virStorageVolUpload",
            virStorageVolUpload(
                volume.pointer, stream.pointer, UInt64(range.lowerBound), UInt64(range.count),
                withHoles ? VIR_STORAGE_VOL_UPLOAD_SPARSE_STREAM.rawValue : 0))
        stream.isOpen.value = true
        return stream
    }

    private func skip(_ count: Int64, on stream: borrowing Stream, asHole: Bool) throws(HostError) {
        guard count > 0 else { return }
        if asHole {
            try purpose.check("virStreamSendHole", virStreamSendHole(stream.pointer, count, 0))
            return
        }
        var rest = count
        while rest > 0 {
            let part = Int(min(rest, Int64(Upload.chunk)))
            try write(UnsafeMutableRawBufferPointer(rebasing: zeros[..<part]), on: stream)
            rest -= Int64(part)
        }
    }

    private func write(_ bytes: UnsafeMutableRawBufferPointer, on stream: borrowing Stream) throws(HostError) {
        guard let base = bytes.baseAddress?.assumingMemoryBound(to: CChar.self) else { return }
        var count = 0
        while count < bytes.count {
            count += Int(
                try purpose.check("virStreamSend", virStreamSend(stream.pointer, base + count, bytes.count - count)))
        }
    }
}

/// A stream of libvirt's. One that is given up before its end is broken off, so that the host lets go of the volume.
private struct Stream: ~Copyable {
    final class Flag { var value = false }

    let pointer: OpaquePointer
    let isOpen = Flag()

    init(_ pointer: OpaquePointer) { self.pointer = pointer }

    /// Waits until the host has written all of it.
    consuming func finish(_ purpose: Purpose) throws(HostError) {
        isOpen.value = false
        try purpose.check("virStreamFinish", virStreamFinish(pointer))
    }

    deinit {
        if isOpen.value { virStreamAbort(pointer) }
        virStreamFree(pointer)
    }
}
