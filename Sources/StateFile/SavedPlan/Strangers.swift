package import Model

extension SavedPlan {
    /// An object that a step is done to, or that one records, and that this state has nothing to do with; nil where there is
    /// none. The checksum is no signature: a file made to do harm may name anything.
    ///
    /// Ours is what is recorded under its address, what the plan itself makes where nothing was, and what has the UUID that
    /// follows from lineage and address.
    /// - Parameter recorded: With the preconditions found to hold.
    package func stranger(in recorded: RecordedState) -> (address: Address, object: ObjectReference)? {
        var ours = Set(recorded.records.values.map(\.object))
        let absent = Set(preconditions.objects.lazy.filter { $0.sighting == .absent }.map(\.object))
        for step in plan.steps where step.operation.verb == .create && absent.contains(step.operation.object) {
            ours.insert(step.operation.object)
        }
        func isOurs(_ object: ObjectReference, _ address: Address) -> Bool {
            ours.contains(object) || object.id == derivedID(lineage, address.text)
        }
        for step in plan.steps {
            let operation = step.operation
            if !isOurs(operation.object, operation.address) { return (operation.address, operation.object) }
            if case .put(let record) = step.effect, !isOurs(record.object, record.address) {
                return (record.address, record.object)
            }
        }
        return plan.unrecorded.first { !isOurs($0.object, $0.address) }.map { ($0.address, $0.object) }
    }
}
