import ArgumentParser
import CLinux

/// The command line: a verb each, in `Commands`.
struct Rigaud: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "rigaud",
        abstract: "Plan and apply virtual machines on libvirt from manifests.",
        discussion: """
            Manifests are in VirtRigaud's language (infra.virtrigaud.io/v1beta1) and rigaud's own for pools, networks and \
            volumes. A plan says all that will happen and writes nothing; an apply does it and records the outcome.

            EXAMPLES
              rigaud plan                      what would an apply do?
              rigaud apply                     show it, ask, do it
              rigaud plan --detailed-exitcode  for pipelines: 2 changes, 3 drift
              rigaud apply --simulate --yes    rehearse it without a hypervisor

            EXIT STATUS
              0 done        1 error            2 changes pending    3 drift
              4 in part     5 refused          6 stale plan         7 locked
              8 a host is unknown              64 usage             130 interrupted
            """,
        version: rigaudVersion,
        groupedSubcommands: [
            CommandGroup(name: "Everyday", subcommands: [PlanCommand.self, ApplyCommand.self, DestroyCommand.self]),
            CommandGroup(
                name: "Looking",
                subcommands: [DriftCommand.self, StatusCommand.self, ShowCommand.self, StateCommand.self]),
            CommandGroup(
                name: "Manifests", subcommands: [ValidateCommand.self, GraphCommand.self, SchemaCommand.self]),
        ])
}

/// Runs the command line that the process was given, and ends the process with its status.
package func runCommandLine() async {
    // What one thread gives back another takes again. Glibc has up to eight arenas a processor, each with leftovers of its own: with
    // 10,000 machines 20 MB. Fewer than four, and threads wait for each other.
    mallopt(M_ARENA_MAX, 4)
    await Rigaud.main()
}
