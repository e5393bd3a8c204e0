import CLibvirt
import Glibc

/// Says how an object of libvirt's is shared and given back.
protocol HandleKind {
    static func retain(_ pointer: OpaquePointer)
    static func free(_ pointer: OpaquePointer)
}

enum DomainKind: HandleKind {
    static func retain(_ pointer: OpaquePointer) { virDomainRef(pointer) }
    static func free(_ pointer: OpaquePointer) { virDomainFree(pointer) }
}

enum NetworkKind: HandleKind {
    static func retain(_ pointer: OpaquePointer) { virNetworkRef(pointer) }
    static func free(_ pointer: OpaquePointer) { virNetworkFree(pointer) }
}

enum PoolKind: HandleKind {
    static func retain(_ pointer: OpaquePointer) { virStoragePoolRef(pointer) }
    static func free(_ pointer: OpaquePointer) { virStoragePoolFree(pointer) }
}

enum VolumeKind: HandleKind {
    static func retain(_ pointer: OpaquePointer) { virStorageVolRef(pointer) }
    static func free(_ pointer: OpaquePointer) { virStorageVolFree(pointer) }
}

enum PortKind: HandleKind {
    static func retain(_ pointer: OpaquePointer) { virNetworkPortRef(pointer) }
    static func free(_ pointer: OpaquePointer) { virNetworkPortFree(pointer) }
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

    /// A handle of the list's with an owner of its own.
    func handle(at index: Int) -> Handle<Kind> {
        withExtendedLifetime(self) {
            guard index < count, let pointer = array?[index] else { preconditionFailure("a list without its handle") }
            Kind.retain(pointer)
            return Handle(pointer)
        }
    }

    /// What each handle tells by itself; it is not to be kept.
    func map<Answer>(_ body: (OpaquePointer) -> Answer) -> [Answer] {
        withExtendedLifetime(self) { (0..<count).compactMap { array?[$0].map(body) } }
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
