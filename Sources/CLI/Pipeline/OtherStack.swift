import Model
import Reports
import StateFile

extension Workspace {
    /// A state that another stack wrote, and that has nothing in common with these manifests, is not theirs: all that it records would
    /// be deleted. A stack that is renamed keeps its resources, or some of them.
    func checkStack(
        _ desired: DesiredState, recorded: RecordedState, _ header: SnapshotHeader?
    ) throws(Failure) {
        guard let former = header?.source.stack, former != desired.stack.name, !desired.resources.isEmpty,
            !recorded.records.isEmpty, !desired.resources.contains(where: { recorded.records[$0.address] != nil })
        else { return }
        throw Failure(
            "other-stack", "The state is that of another stack",
            """
            \(location) is the state of the stack `\(former.printable)`, and of the \(counted(recorded.records.count, "resource")) in it \
            none is in the manifests of `\(desired.stack.name.printable)`: all of them would be deleted. Give \
            `\(desired.stack.name.printable)` a state of its own by `--state` (or `RIGAUD_STATE`), or destroy `\(former.printable)` \
            first. If it is the same stack under a new name, with everything in it exchanged, apply it once more under the former name: \
            it is `metadata.name` of a Stack manifest.
            """, command: StateError.command("list", location.path))
    }
}
