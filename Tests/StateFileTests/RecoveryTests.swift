import Model
import StateFile
import Testing

@Suite struct RecoveryTests {
    private func intent(_ verb: Operation.Verb, _ record: Record) -> OpenIntent {
        OpenIntent(
            id: 1, verb: verb, address: record.address, object: record.object,
            effect: verb == .delete ? .remove : .put(record))
    }

    private func observed(_ objects: [Record]) -> ObservedState {
        var host = ObservedHost()
        for record in objects {
            let object = ObservedObject(record.object, attributes: record.attributes)
            if let pool = record.object.pool {
                host.volumes[VolumeReference(pool: pool, name: record.object.name)] = object
            } else if let id = record.object.id {
                host.objects[id] = object
            }
        }
        return ObservedState(hosts: [lab: .read(host)])
    }

    private static func with(_ record: Record, _ change: (inout Record) -> Void) -> Record {
        var record = record
        change(&record)
        return record
    }

    private static let small = domain("web", vcpus: 1)
    private static let big = domain("web", vcpus: 4)
    private static let partial = with(volume("web")) { $0.isPartial = true }
    private static let torn = with(volume("web")) { $0.attributes = .init([(.init(.capacity), 4096)]) }
    private static let both = with(domain("web", vcpus: 4)) { $0.attributes[.autostart] = true }
    /// The definition is written; the running guest has not been asked yet.
    private static let begun = with(domain("web", vcpus: 4)) { $0.unfinished = .init([(.init(.vcpus), .config)]) }
    private static let half = with(domain("web", vcpus: 1)) { $0.attributes[.autostart] = true }

    /// verb, what the step was to record, what was recorded, what is there, then: the finding and what is recorded.
    @Test(
        arguments: [
            (Operation.Verb.create, big, nil, big, Finding.done, big),
            (.create, big, nil, small, .done, big),
            (.create, big, nil, nil, .notDone, nil),
            (.create, volume("web"), nil, volume("web"), .done, volume("web")),
            (.create, volume("web"), nil, torn, .partial, partial),
            (.create, volume("web"), nil, nil, .notDone, nil),
            (.delete, big, big, nil, .done, nil),
            (.delete, big, big, big, .notDone, big),
            (.update, big, small, big, .done, big),
            (.update, big, small, small, .notDone, small),
            (.update, both, small, half, .partial, half),
            (.update, big, small, nil, .notDone, small),
            (.update, begun, small, big, .done, begun),
            (.updateLive, big, begun, big, .notDone, begun),
            (.start, big, small, big, .done, big),
            (.stop, big, small, nil, .notDone, small),
        ] as [(Operation.Verb, Record, Record?, Record?, Finding, Record?)])
    func isFoundOutByLooking(
        verb: Operation.Verb, effect: Record, recorded: Record?, there: Record?, finding: Finding, after: Record?
    ) throws {
        var state = RecordedState(hosts: [lab: labURI])
        state.records[effect.address] = recorded
        let recovery = recover(
            recorded: state, intents: [intent(verb, effect)], observed: observed(there.map { [$0] } ?? []))
        let resolution = try #require(recovery.resolutions.first)
        #expect(resolution.finding == finding)
        #expect(recovery.recorded.records[effect.address] == after)
        #expect(recovery.unknown.isEmpty)
    }

    /// Of a volume that is filled or copied, what says that it is not whole may be there alone. Nothing at all is no part of it.
    @Test(arguments: [true, false], [true, false])
    func aVolumeThatIsNotThere(isFilled: Bool, hasMark: Bool) throws {
        let wanted = Self.with(volume("web")) { $0.attributes[isFilled ? .content : .copy] = "default/image" }
        var host = ObservedHost()
        let reference = VolumeReference(pool: wanted.object.pool ?? "", name: wanted.object.name)
        host.names[.pool] = [reference.pool: ObjectID.random()]
        if hasMark { host.volumePaths[reference.mark] = "/images/\(reference.mark.name)" }
        let recovery = recover(
            recorded: RecordedState(hosts: [lab: labURI]), intents: [intent(.create, wanted)],
            observed: ObservedState(hosts: [lab: .read(host)]))
        #expect(recovery.resolutions.map(\.finding) == [hasMark ? .partial : .notDone])
        #expect(recovery.recorded.records[wanted.address]?.isPartial == (hasMark ? true : nil))
    }

    @Test func whatIsOnAHostThatIsDownStaysOpen() async throws {
        let scratch = Scratch()
        let location = try scratch.location
        var session = try await StateSession.open(location, as: holder)
        try session.note(hosts: [lab: labURI])
        _ = try session.intend([step(.create, domain("web")), step(.create, volume("web"))])
        let down = HostError(.unreachable, "The host cannot be reached", "Nothing answers.")
        let blind = recover(
            recorded: session.recorded, intents: session.openIntents,
            observed: ObservedState(hosts: [lab: .unknown(down)]))
        #expect(blind.resolvedIDs.isEmpty)
        #expect(blind.unknown.map(\.finding) == [.unknown, .unknown])
        try session.resolve(blind)
        #expect(session.openIntents.count == 2)

        let seen = recover(
            recorded: session.recorded, intents: session.openIntents, observed: observed([domain("web"), Self.torn]))
        try session.resolve(seen)
        #expect(session.openIntents.isEmpty)
        #expect(session.recorded == seen.recorded)
        #expect(try readState(location).recorded == seen.recorded)
        #expect(session.recorded.records[Self.partial.address]?.isPartial ?? false)
    }
}
