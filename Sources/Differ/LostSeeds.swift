import Model

extension ChangeSet {
    /// A machine that keeps its seed gets another one, as its manifest has it by now, only since somebody took that one
    /// away.
    mutating func tellLostSeeds(_ desired: DesiredState, _ recorded: RecordedState) {
        for index in changes.indices where changes[index].action == .create && changes[index].address.isOfSeed {
            let machine = changes[index].address.owner
            guard desired.resource(machine)?.keepsSeed == true,
                recorded.records[machine]?.needs.contains(where: \.isOfSeed) == true
            else { continue }
            changes[index].cause = .drift
        }
    }
}
