import Differ
import Model
import Planner
import TestSupport
import Testing

/// What is done, and left alone, after somebody or an interrupted run changed what is on a host.
@Suite struct HandChangeTests {
    /// A machine that a plan turns off is off by its doing: what an interrupted run leaves is nobody's hand.
    @Test func whatIsTurnedOffIsRecordedStepByStep() throws {
        func powers(_ plan: Plan) -> [String] {
            plan.steps.map { step in
                guard case .put(let record) = step.effect else { return "\(step.operation.verb) -" }
                return "\(step.operation.verb) \(record.attributes[.power]?.text ?? "-")"
            }
        }
        let former = StrayedGuestTests.machine(1)
        let gone = planned(from: [former], to: [], policy: Policy(allowed: [.deleteData]))
        #expect(powers(gone) == ["stop Off", "delete -"])
        var wanted = former
        wanted.attributes[.machine] = Setting("q35")
        let restarted = planned(from: [former], to: [wanted], policy: Policy(allowed: [.restart]))
        #expect(powers(restarted) == ["update On", "stop Off", "start On"])
        guard case .put(let last)? = restarted.steps.last?.effect else { return }
        #expect(last == Record(of: wanted))
    }

    /// A disk that somebody made larger is left alone, and said to be; one that lies elsewhere by a snapshot, too.
    @Test func whatHasGrownIsNotMadeAnew() throws {
        let disk = Lab.resource("VirtualMachine/web/disk/root", .volume, pool: "default", ["capacity": 1024])
        let larger = Lab.resource("VirtualMachine/web/disk/root", .volume, pool: "default", ["capacity": 4096])
        for allowed in [[], [.deleteData, .replace]] as [Set<Disruption>] {
            let plan = planned(from: [disk], to: [disk], found: [larger], policy: Policy(allowed: allowed))
            #expect(plan.changes.map(\.refusal) == [.grown] && plan.steps.isEmpty && plan.result == .drift)
        }
        let smaller = planned(from: [larger], to: [disk], policy: Policy(allowed: [.deleteData, .replace]))
        #expect(smaller.changes.map(\.refusal) == [nil])
    }

    @Test(arguments: ["On", "Off"])
    func aDiskThatLiesElsewhereIsNotPutBack(power: String) throws {
        func machine(_ source: String) -> Resource {
            Lab.resource("VirtualMachine/web", ["power": .string(power), "disks/root/source": .string(source)])
        }
        let (wanted, found) = (machine("default/root.qcow2"), machine("/images/root.backup"))
        let plan = planned(from: [wanted], to: [wanted], found: [found], policy: Policy(allowed: [.restart, .replace]))
        #expect(plan.changes.map(\.refusal) == [.needsLeave(.deleteData)] && plan.steps.isEmpty)
        #expect(plan.diagnostics.map(\.code) == ["disk-elsewhere"])
        let moved = planned(from: [wanted], to: [machine("default/other.qcow2")], policy: Policy())
        #expect(moved.changes.map(\.disruption) == [power == "On" ? .restart : .none])
    }

    /// What a guest has in place of its disk would be grown, and not the disk.
    @Test(
        arguments: [
            ("On", "/images/root.backup", true), ("Off", "/images/root.backup", true),
            ("On", "/images/web-root", false),
        ])
    func aDiskThatLiesElsewhereDoesNotGrow(power: String, source: String, isRefused: Bool) throws {
        func disk(_ size: Int64) -> Resource {
            Lab.resource("VirtualMachine/web/disk/root", .volume, pool: "default", ["capacity": .integer(size)])
        }
        func machine(_ source: String) -> Resource {
            Lab.resource(
                "VirtualMachine/web", ["power": .string(power), "disks/root/source": .string(source)],
                needs: ["VirtualMachine/web/disk/root"])
        }
        let wanted = machine("default/web-root")
        func plan(_ allowed: Set<Disruption>) -> Plan {
            planned(
                from: [disk(1024), wanted], to: [disk(2048), wanted], found: [disk(1024), machine(source)],
                policy: Policy(allowed: allowed))
        }
        for allowed in [[], [.deleteData, .restart]] as [Set<Disruption>] {
            let growth = plan(allowed).changes.first { $0.change.address == disk(1).address }
            #expect(growth?.refusal == (isRefused ? .waitsFor(wanted.address) : nil))
        }
    }

    /// A network that is made anew has let go of its guests: they are connected again, and keep running.
    @Test func guestsOfANetworkThatIsMadeAnew() throws {
        func lab(_ type: Value, name: String = "lan") -> [Resource] {
            let object = ObjectReference(
                .network, host: Lab.host.address, name: name, pool: nil, id: Lab.id(name))
            let network = Resource(
                Lab.address("Network/lan"), object,
                attributes: .init([(.init(.forwardMode), Setting(type)), (.init(.active), Setting(true))]))
            return [
                network,
                Lab.resource(
                    "VirtualMachine/web", ["power": "On", "networks/a/source": .string("network/\(name)")],
                    needs: ["Network/lan"]),
            ]
        }
        let partial: RecordedState = {
            var recorded = Lab.recorded(lab("nat"))
            recorded.records[Lab.address("Network/lan")]?.isPartial = true
            return recorded
        }()
        let plan = planned(from: lab("nat"), to: lab("nat"), policy: Policy(allowed: [.replace]), recorded: partial)
        #expect(
            plan.steps.map { "\($0.operation.verb) \($0.operation.address)" } == [
                "delete Network/lan", "create Network/lan", "updateLive VirtualMachine/web",
            ])
        #expect(plan.changes.map { "\($0.change.address) \($0.disruption)" }.contains("VirtualMachine/web live"))
    }

    /// What changes in such a guest anyway and its reconnection are told together.
    @Test func aGuestThatChangesAnywayIsConnectedAgainToo() throws {
        func lab(_ description: String) -> [Resource] {
            [
                Lab.resource("Network/lan", .network, ["active": true]),
                Lab.resource(
                    "VirtualMachine/web",
                    ["power": "On", "networks/a/source": "network/lan", "description": .string(description)],
                    needs: ["Network/lan"]),
            ]
        }
        var recorded = Lab.recorded(lab("a"))
        recorded.records[Lab.address("Network/lan")]?.isPartial = true
        let network = lab("a")[0].object.name
        func named(_ resources: [Resource]) -> [Resource] {
            resources.map { resource in
                var resource = resource
                if resource.object.kind == .domain {
                    resource.attributes[.nicSource, "a"] = Setting(.string("network/\(network)"))
                }
                return resource
            }
        }
        let plan = planned(
            from: named(lab("a")), to: named(lab("b")), policy: Policy(allowed: [.replace]), recorded: recorded)
        let web = try #require(plan.changes.first { $0.change.object.kind == .domain })
        #expect(web.change.fields.map(\.path.description).sorted() == ["description", "networks/a/source"])
        #expect(web.fieldDisruptions.count == 2 && web.disruption == .live)
    }

    /// A machine that is left as it is on a network that would get another name.
    @Test func aNetworkIsNotRenamedUnderItsGuests() throws {
        let web = Lab.resource("VirtualMachine/web", ["power": "On", "networks/a/source": "network/lan"])
        let former = Lab.resource("Network/lan", .network, ["active": true])
        let renamed = Resource(
            former.address, ObjectReference(.network, host: Lab.host.address, name: "lan2", id: Lab.id("lan2")),
            attributes: former.attributes)
        let plan = planned(from: [former, web], to: [renamed, web], policy: Policy(allowed: [.replace]))
        #expect(plan.changes.first?.refusal == .usedBy(web.address), "\(plan.changes)")
        #expect(plan.steps.isEmpty)
    }
}
