import ArgumentParser
import Model
import Reports
import StateFile

struct StateCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "state",
        abstract: "Look into the state file.",
        discussion: """
            EXAMPLES
              rigaud state list
              rigaud state show VirtualMachine/web
              rigaud state history
              rigaud state verify
              rigaud state init
            """,
        subcommands: [List.self, Show.self, History.self, Verify.self, StateInit.self])

    /// The options of all of them: the state is looked for beside the stack.
    struct Options: ParsableArguments {
        @Option(help: ArgumentHelp("The stack's directory.", valueName: "source"))
        var source = "."

        @OptionGroup var common: CommonOptions
    }

    struct List: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "List what is recorded.", usage: "rigaud state list [<options>]")
        @OptionGroup var options: Options

        func run() async throws {
            try await CLI.run("state list", options.common) { () throws(Failure) in
                let workspace = try Workspace(options.common, source: options.source)
                let state = try workspace.readState().recorded
                if options.common.format == .json {
                    let records = state.records.values.sorted { $0.address < $1.address }
                    workspace.console.print(JSONWriter.text(of: .list(records.map(json(of:))), pretty: true))
                } else if state.records.isEmpty {
                    workspace.console.print("Nothing is recorded at \(workspace.location).")
                } else {
                    for line in recordTable(state, style: workspace.console.output) { workspace.console.print(line) }
                }
                return .done
            }
        }
    }

    struct Show: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Show what was last applied to a resource.", usage: "rigaud state show [<options>] <address> ...")

        @Argument(help: ArgumentHelp("What to show.", valueName: "address"), transform: Address.init(argument:))
        var addresses: [Address]

        @OptionGroup var options: Options

        func run() async throws {
            try await CLI.run("state show", options.common) { () throws(Failure) in
                let workspace = try Workspace(options.common, source: options.source)
                let state = try workspace.readState().recorded
                for address in addresses {
                    guard let record = state.records[address] else {
                        throw Failure(
                            "unknown-address", "There is no such resource in the state",
                            "\(address) is not recorded. rigaud state list shows what is.",
                            command: StateError.command("list", workspace.location.path)
                        )
                    }
                    if options.common.format == .json {
                        workspace.console.print(JSONWriter.text(of: json(of: record), pretty: true))
                    } else {
                        for line in recordLines(record, style: workspace.console.output) {
                            workspace.console.print(line)
                        }
                    }
                }
                return .done
            }
        }
    }

    struct History: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "List the former snapshots, the latest first.", usage: "rigaud state history [<options>]")
        @OptionGroup var options: Options

        func run() async throws {
            try await CLI.run("state history", options.common) { () throws(Failure) in
                let workspace = try Workspace(options.common, source: options.source)
                let current = try workspace.readState().header
                let former: [StateVerification.Former]
                do throws(StateError) { former = try stateHistory(workspace.location) } catch { throw Failure(error) }
                if options.common.format == .json {
                    workspace.console.print(JSONWriter.text(of: json(current, former), pretty: true))
                    return .done
                }
                var rows = current.map { [row(of: $0, note: "current")] } ?? []
                rows += former.map { former in
                    switch former.content {
                    case .success(let header): row(of: header, note: "")
                    case .failure(let error): ["\(former.serial)", "-", "-", "-", "-", error.summary]
                    }
                }
                if rows.isEmpty {
                    workspace.console.print("Nothing has been applied yet.")
                } else {
                    let lines = table(
                        ["SERIAL", "WRITTEN", "BY", "RECORDS", "COMMIT", "NOTE"], rows, style: workspace.console.output)
                    for line in lines { workspace.console.print(line) }
                }
                return .done
            }
        }

        private func row(of header: SnapshotHeader, note: String) -> [String] {
            [
                "\(header.serial)", header.author.time, "\(header.author.user)@\(header.author.host)".printable,
                "\(header.recordCount)", header.source.commit.map { String($0.prefix(12)) } ?? "-", note,
            ]
        }

        private func json(_ current: SnapshotHeader?, _ former: [StateVerification.Former]) -> Value {
            func value(_ header: SnapshotHeader, isCurrent: Bool) -> Value {
                [
                    "serial": .integer(Int64(header.serial)), "written": .string(header.author.time),
                    "user": .string(header.author.user), "host": .string(header.author.host),
                    "records": .integer(Int64(header.recordCount)),
                    "commit": header.source.commit.map(Value.string) ?? .null, "current": .bool(isCurrent),
                ]
            }
            let damaged = { (former: StateVerification.Former, error: StateError) -> Value in
                ["serial": .integer(Int64(former.serial)), "current": false, "error": .string(error.summary)]
            }
            let snapshots =
                (current.map { [value($0, isCurrent: true)] } ?? [])
                + former.map { former in
                    switch former.content {
                    case .success(let header): value(header, isCurrent: false)
                    case .failure(let error): damaged(former, error)
                    }
                }
            return ["formatVersion": 1, "snapshots": .list(snapshots)]
        }
    }

    struct Verify: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Check the state, its journal, its key and its history: checksums, form, invariants.",
            usage: "rigaud state verify [<options>]")
        @OptionGroup var options: Options

        func run() async throws {
            try await CLI.run("state verify", options.common) { () throws(Failure) in
                let workspace = try Workspace(options.common, source: options.source)
                let verification: StateVerification
                do throws(StateError) { verification = try verifyState(workspace.location) } catch {
                    throw Failure(error)
                }
                let console = workspace.console
                for former in verification.history {
                    if case .failure(let error) = former.content {
                        console.complain("Former snapshot \(former.serial): \(error.summary). \(error.detail)")
                    }
                }
                switch verification.current {
                case .failure(let error):
                    let whole = verification.history.filter { if case .success = $0.content { true } else { false } }
                    for former in whole {
                        console.print("Whole: \(workspace.location.historyPath(serial: former.serial))")
                    }
                    if whole.isEmpty { console.print("There is no former snapshot that is whole.") }
                    throw Failure(error)
                case .success(let view)
                where view.header == nil && view.intents.isEmpty && view.recorded.records.isEmpty:
                    console.print("There is no state at \(workspace.location) yet.")
                case .success(let view):
                    console.print(
                        "\(workspace.location): serial \(view.recorded.serial), \(counted(view.recorded.records.count, "record")), "
                            + "\(counted(view.intents.count, "open step")); \(journalText(view.journal)).")
                }
                if let error = verification.keyTrouble { throw Failure(error) }
                return verification.isWhole ? .done : .error
            }
        }

        private func journalText(_ status: JournalStatus) -> String {
            switch status {
            case .absent: "no journal"
            case .folded: "the journal is in the snapshot already"
            case .whole(let entries): "the journal has \(counted(entries, "entry", plural: "entries"))"
            case .torn(let entries, _):
                "the journal has \(counted(entries, "entry", plural: "entries")) and was cut off while one was written, which loses nothing"
            }
        }
    }
}
