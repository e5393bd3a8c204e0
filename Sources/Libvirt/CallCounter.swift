import Synchronization

/// How often each function of libvirt's was called: what a plan costs a daemon, whatever the machine's speed.
package final class CallCounter: Sendable {
    private let calls = Mutex<[String: Int]>([:])

    package init() {}

    func count(_ name: String) { calls.withLock { $0[name, default: 0] += 1 } }

    /// By the function's name, such as `virDomainGetXMLDesc`.
    package var counts: [String: Int] { calls.withLock { $0 } }

    package func reset() { calls.withLock { $0 = [:] } }
}
