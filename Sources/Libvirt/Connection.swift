import CLibvirt
import Dispatch
import Model

/// An open connection to a host. Libvirt lets several threads call over one at once.
///
/// Unchecked: it never changes, and the pointer is good until the last reference goes.
final class Connection: @unchecked Sendable {
    let pointer: OpaquePointer
    let uri: String
    let isReadOnly: Bool
    /// Of libvirt's test driver, which has no daemon and no log.
    let isSimulated: Bool
    let counter: CallCounter

    /// Blocks until the host answers: for a lane.
    init(opening target: String, for uri: String, readOnly: Bool, counter: CallCounter) throws(HostError) {
        Library.prepare()
        counter.count(readOnly ? "virConnectOpenReadOnly" : "virConnectOpen")
        guard let pointer = readOnly ? virConnectOpenReadOnly(target) : virConnectOpen(target) else {
            throw LibvirtFailure.last().error(opening: uri)
        }
        self.pointer = pointer
        self.uri = uri
        isReadOnly = readOnly
        isSimulated = target.hasPrefix("test:")
        self.counter = counter
    }

    deinit {
        // Closing may wait for the daemon, and the last reference may go on any thread.
        nonisolated(unsafe) let pointer = pointer
        DispatchQueue.global().async { virConnectClose(pointer) }
    }
}

/// Calls of libvirt's made for one purpose, so that an error can say what could not be done.
///
/// The arguments of these functions are the answers of calls just made on this thread: what libvirt keeps of the error
/// is read before anything else is called.
struct Purpose {
    let connection: Connection
    /// What is being done, as "start the domain".
    let action: String
    let name: String

    init(_ action: String, _ name: String, on connection: Connection) {
        self.connection = connection
        self.action = action
        self.name = name
    }

    /// A call that answers -1 where it failed.
    @discardableResult
    func check(_ call: String, _ answer: Int32) throws(HostError) -> Int32 {
        connection.counter.count(call)
        guard answer >= 0 else { throw failure(call) }
        return answer
    }

    /// A call that answers with an object.
    func object(_ call: String, _ answer: OpaquePointer?) throws(HostError) -> OpaquePointer {
        connection.counter.count(call)
        guard let answer else { throw failure(call) }
        return answer
    }

    /// A call that answers with a text.
    func text(_ call: String, _ answer: UnsafeMutablePointer<CChar>?) throws(HostError) -> CText {
        connection.counter.count(call)
        guard let answer else { throw failure(call) }
        return CText(answer)
    }

    /// An error of ours, in the words of this purpose.
    func error(_ reason: HostError.Reason, _ detail: String, command: String? = nil) -> HostError {
        HostError(reason, "libvirt could not \(action)", "“\(name)” on \(connection.uri): \(detail)", command: command)
    }

    private func failure(_ call: String) -> HostError {
        // What was said comes first: the next call of libvirt's forgets it.
        let failure = LibvirtFailure.last()
        let isAlive = virConnectIsAlive(connection.pointer) == 1
        return failure.error(in: self, isConnected: isAlive)
    }
}

/// Runs a look-up; nil where libvirt says that there is no such object, and only then.
func ifThere<Answer: ~Copyable>(
    _ body: () throws(HostError) -> Answer
) throws(HostError) -> Answer? {
    do throws(HostError) {
        return try body()
    } catch {
        guard error.reason == .missing else { throw error }
        return nil
    }
}
