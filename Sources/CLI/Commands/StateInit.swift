import ArgumentParser
import Model
import StateFile

/// Makes an empty state, so that the first plan can be saved: it is named by the state's lineage and key.
struct StateInit: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "init", abstract: "Make an empty state; one that is there stays as it is.",
        usage: "rigaud state init [<options>]")
    @OptionGroup var options: StateCommand.Options

    func run() async throws {
        try await CLI.run("state init", options.common) { () throws(Failure) in
            let workspace = try Workspace(options.common, source: options.source)
            var session = try await workspace.openSession("state init")
            let hadKey = try workspace.readKey() != nil
            _ = try workspace.loadKey()
            if session.snapshotHeader != nil || session.needsFold {
                workspace.console.print(
                    "There is a state at \(workspace.location) already, with serial \(session.recorded.serial)."
                        + (hadKey ? "" : " It had no key, and has one now."))
                return .done
            }
            do throws(StateError) {
                _ = try session.fold(by: workspace.author, from: StateSource())
            } catch {
                throw Failure(error)
            }
            workspace.console.print("An empty state is at \(workspace.location), with the lineage \(session.lineage).")
            return .done
        }
    }
}
