import CLibvirt
import Hypervisor
import Model

extension HostSession {
    /// Asks the guest to shut down and waits until it has: libvirt's call returns at once.
    func stopDomain(_ operation: Operation) async throws(HostError) {
        let object = operation.object
        let purpose = purpose("stop the domain", object.name)
        let started = ContinuousClock.now
        let deadline = started + .seconds(max(0, operation.timeout))
        var pause = Duration.milliseconds(20)
        var asked: ContinuousClock.Instant?
        while true {
            // A guest that was still starting may have missed it: ask again from time to time.
            let asks = asked.map { $0.duration(to: .now) > .seconds(15) } ?? (operation.timeout > 0 || !operation.force)
            if asks { asked = .now }
            let isOff = try await lanes.run { () throws(HostError) in
                try self.isOff(object, asking: asks, purpose)
            }
            if isOff { return }
            guard ContinuousClock.now < deadline else { break }
            try? await Task.sleep(for: min(pause, ContinuousClock.now.duration(to: deadline)))
            pause = min(pause * 2, .seconds(1))
        }
        guard operation.force else {
            throw purpose.error(
                .timedOut,
                "The guest was asked to shut down and still runs after \(operation.timeout) seconds. Shut it down from "
                    + "inside and run the apply again, or turn it off, as pulling its plug would.",
                command: "virsh -c '\(host.uri)' destroy \(object.name)")
        }
        try await lanes.run { () throws(HostError) in
            guard let domain = try self.findDomain(object, purpose) else { return }
            if try self.state(of: domain, purpose) != .off {
                try purpose.check("virDomainDestroy", virDomainDestroy(domain.pointer))
            }
            try self.store?.save(domain, object.name, autostart: nil, purpose)
        }
    }

    /// Whether it is off, asking it first where that is wanted. What is gone is off.
    private func isOff(_ object: ObjectReference, asking: Bool, _ purpose: Purpose) throws(HostError) -> Bool {
        guard let domain = try findDomain(object, purpose) else { return true }
        var power = try state(of: domain, purpose)
        if power == .crashed {
            try purpose.check("virDomainDestroy", virDomainDestroy(domain.pointer))
            power = .off
        }
        if power != .off, asking {
            // A paused guest cannot hear the question.
            if power == .paused { try purpose.check("virDomainResume", virDomainResume(domain.pointer)) }
            try purpose.check("virDomainShutdown", virDomainShutdown(domain.pointer))
            power = try state(of: domain, purpose)
        }
        guard power == .off else { return false }
        try store?.save(domain, object.name, autostart: nil, purpose)
        return true
    }
}
