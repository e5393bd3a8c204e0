import CLibvirt
import Glibc

/// Says how an object of libvirt's is given back.
protocol HandleKind {
    static func free(_ pointer: OpaquePointer)
}

enum DomainKind: HandleKind {
    static func free(_ pointer: OpaquePointer) { virDomainFree(pointer) }
}

enum NetworkKind: HandleKind {
    static func free(_ pointer: OpaquePointer) { virNetworkFree(pointer) }
}

enum PoolKind: HandleKind {
    static func free(_ pointer: OpaquePointer) { virStoragePoolFree(pointer) }
}

enum VolumeKind: HandleKind {
    static func free(_ pointer: OpaquePointer) { virStorageVolFree(pointer) }
}

/// The one owner of an object of libvirt's.
struct Handle<Kind: HandleKind>: ~Copyable {
    let pointer: OpaquePointer

    init(_ pointer: OpaquePointer) { self.pointer = pointer }

    deinit { Kind.free(pointer) }
}

typealias DomainHandle = Handle<DomainKind>
typealias NetworkHandle = Handle<NetworkKind>
typealias PoolHandle = Handle<PoolKind>
typealias VolumeHandle = Handle<VolumeKind>

/// The answer to a list call: owns the array and every handle in it.
///
/// Unchecked: it never changes, and libvirt lets any thread use a handle.
final class Listing<Kind: HandleKind>: @unchecked Sendable {
    private let array: UnsafeMutablePointer<OpaquePointer?>?
    let count: Int

    init(_ array: UnsafeMutablePointer<OpaquePointer?>?, count: Int32) {
        self.array = array
        self.count = array == nil ? 0 : Int(count)
    }

    deinit {
        for index in 0..<count { if let pointer = array?[index] { Kind.free(pointer) } }
        free(array)
    }

    /// The handles, for as long as the list lives.
    var pointers: [OpaquePointer] { (0..<count).map(pointer(at:)) }

    func pointer(at index: Int) -> OpaquePointer {
        guard index < count, let pointer = array?[index] else { preconditionFailure("a list without its handle") }
        return pointer
    }
}

/// A text that C gave us to free.
struct CText: ~Copyable {
    let pointer: UnsafeMutablePointer<CChar>

    init(_ pointer: UnsafeMutablePointer<CChar>) { self.pointer = pointer }

    deinit { free(pointer) }

    var string: String { String(cString: pointer) }
    var count: Int { strlen(pointer) }
}
