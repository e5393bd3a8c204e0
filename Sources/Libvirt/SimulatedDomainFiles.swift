import CLibvirt
import Model

/// The files that a simulated host's domains are written down in.
struct DomainFiles: Sendable {
    private let directory: String
    /// The files' names without `.xml`, one a domain, in order.
    let names: [String]
    private let starting: Set<String>
    private let pending: Set<String>

    init(in host: String) {
        directory = "\(host)/domains"
        let files = Files.names(in: directory)
        names = files.compactMap { $0.without(suffix: ".xml") }
        starting = Set(files.lazy.compactMap { $0.without(suffix: ".autostart") })
        pending = Set(files.lazy.compactMap { $0.without(suffix: ".pending") })
    }

    /// Defines a domain as it was, and starts it if it ran. None of this is a call that somebody asked for, so that it
    /// is not counted.
    func addDomain(at index: Int, to connection: Connection) throws(HostError) {
        let name = names[index]
        let purpose = Purpose("read a simulated domain", name, on: connection)
        // One that another process has just taken away is none.
        guard let xml = Files.read("\(directory)/\(name).xml") else { return }
        let domain = try define(xml, purpose)
        if starting.contains(name) { virDomainSetAutostart(domain.pointer, 1) }
        let state = DomainFiles.state(in: xml)
        guard state != VIR_DOMAIN_SHUTOFF.rawValue else { return }
        guard virDomainCreate(domain.pointer) == 0 else { throw failure(purpose) }
        if state == VIR_DOMAIN_PAUSED.rawValue { virDomainSuspend(domain.pointer) }
        if pending.contains(name), let xml = Files.read("\(directory)/\(name).pending") { _ = try define(xml, purpose) }
    }

    private func define(_ xml: String, _ purpose: Purpose) throws(HostError) -> DomainHandle {
        guard let domain = virDomainDefineXML(purpose.connection.pointer, xml) else {
            throw failure(purpose)
        }
        return DomainHandle(domain)
    }

    private func failure(_ purpose: Purpose) -> HostError {
        LibvirtFailure.last().error(in: purpose, isConnected: true)
    }
}

extension DomainFiles {
    private static let markEnd = "</test:runstate>"

    /// How libvirt's test driver has a domain's run state in its XML.
    static func mark(_ state: Int32) -> String {
        "<test:runstate xmlns:test='http://libvirt.org/schemas/domain/test/1.0'>\(state)\(markEnd)"
    }

    /// The run state in a file's text. One that does not say runs, as with the test driver itself.
    private static func state(in xml: String) -> UInt32 {
        guard let end = xml.range(ofLast: markEnd) else { return VIR_DOMAIN_RUNNING.rawValue }
        let digits = xml[..<end].utf8.reversed().prefix { $0 >= 0x30 && $0 <= 0x39 }
        return UInt32(String(decoding: digits.reversed(), as: UTF8.self)) ?? VIR_DOMAIN_RUNNING.rawValue
    }
}

extension String {
    func without(suffix: String) -> String? { hasSuffix(suffix) ? String(dropLast(suffix.count)) : nil }

    /// Where the last occurrence of a text begins.
    func range(ofLast text: String) -> String.Index? {
        var index = endIndex
        while index > startIndex {
            index = self.index(before: index)
            if self[index...].hasPrefix(text) { return index }
        }
        return nil
    }
}
