import ArgumentParser
import Model
import Planner

/// Which drift an apply repairs, where it is to do nothing else.
struct HealOptions: ParsableArguments {
    @Flag(
        name: .customLong("only-drift"),
        help: "Repair drift and nothing else: changes of the manifests are not applied.")
    var onlyDrift = false

    @Option(
        help: ArgumentHelp(
            "With --only-drift, the drift to repair: power alone; live, what is done while machines run; next-boot, what "
                + "they see when they next start, too.", valueName: "grade"))
    var heal: Heal?

    mutating func validate() throws {
        guard heal == nil || onlyDrift else { throw ValidationError("--heal goes with --only-drift.") }
    }
}

extension PolicyOptions {
    func healing(_ options: HealOptions) -> Policy {
        var policy = Policy(self)
        policy.heal = options.onlyDrift ? options.heal ?? .power : nil
        return policy
    }
}

extension Heal: ExpressibleByArgument {}
