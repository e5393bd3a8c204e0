import ArgumentParser
import Model

enum OutputFormat: String, ExpressibleByArgument, CaseIterable { case text, json, markdown }

enum LogLevel: String, ExpressibleByArgument, CaseIterable { case error, warning, info, debug }

/// The options that mean the same with every verb.
struct CommonOptions: ParsableArguments {
    @Option(
        help: ArgumentHelp(
            "Where the state is kept: a path or a file:// URL. Also RIGAUD_STATE.", valueName: "location"))
    var state: String?

    @Option(help: ArgumentHelp("What to print.", valueName: "format"))
    var format: OutputFormat = .text

    @Option(help: ArgumentHelp("The host of a stack without a Provider.", valueName: "uri"))
    var connect: String?

    @Flag(help: "Put the whole stack on simulated hosts of its own, with a state of their own.")
    var simulate = false

    @Option(help: ArgumentHelp("How many steps run at once, and how many calls to a host (at most 5).", valueName: "n"))
    var parallelism = 10

    @Option(
        help: ArgumentHelp(
            "How long a host may take to tell what is on it, and for how long new steps begin: 90s, 10m, 1h.",
            valueName: "duration"), transform: DurationArgument.init(argument:))
    var timeout: DurationArgument?

    @Option(help: ArgumentHelp("Write what happens to a file, one JSON object a line.", valueName: "file"))
    var events: String?

    @Flag(name: .customLong("no-color"), help: "No colours. Also NO_COLOR.")
    var noColor = false

    @Option(
        name: .customLong("log-level"),
        help: ArgumentHelp("How much to say on standard error.", valueName: "level"))
    var logLevel: LogLevel = .info

    @Flag(help: "Say only results and errors.")
    var quiet = false

    mutating func validate() throws {
        guard (1...256).contains(parallelism) else {
            throw ValidationError("--parallelism takes a number from 1 to 256.")
        }
    }

    var console: Console { Console(isColorAllowed: !noColor, isQuiet: quiet || logLevel == .error) }
}

/// Where the manifests are.
struct SourceArgument: ParsableArguments {
    @Argument(help: ArgumentHelp("A directory, a file, a git address, or - for standard input.", valueName: "source"))
    var source = "."
}

/// Which resources, and what may be done to them.
struct PolicyOptions: ParsableArguments {
    @Option(
        help: ArgumentHelp("Only this resource and what it needs; may be given again.", valueName: "address"),
        transform: Address.init(argument:))
    var target: [Address] = []

    @Option(
        help: ArgumentHelp("Not this resource; may be given again.", valueName: "address"),
        transform: Address.init(argument:))
    var exclude: [Address] = []

    @Option(
        help: ArgumentHelp(
            "Permit for this run: restart, replace, delete-data, and rewind (an older commit); with commas between.",
            valueName: "what"))
    var allow: [AllowList] = []

    var allowed: Set<Disruption> { allow.reduce(into: []) { $0.formUnion($1.disruptions) } }

    /// To apply a commit that does not descend from the one last applied.
    var allowsRewind: Bool { allow.contains { $0.rewind } }
}

/// What one `--allow` permits.
struct AllowList: ExpressibleByArgument, Equatable {
    var disruptions: Set<Disruption> = []
    var rewind = false

    init?(argument: String) {
        for word in argument.split(separator: ",") {
            if word == "rewind" {
                rewind = true
            } else {
                guard let disruption = Disruption(rawValue: String(word)), !disruption.isFree else { return nil }
                disruptions.insert(disruption)
            }
        }
    }
}

struct DurationArgument {
    let duration: Duration

    init(argument: String) throws {
        guard let duration = DurationArgument.duration(of: argument) else {
            throw ValidationError("That is no duration. It is seconds, minutes and hours: 90s, 10m, 1h30m.")
        }
        self.duration = duration
    }

    private static func duration(of argument: String) -> Duration? {
        let units: [Character: Int] = ["s": 1, "m": 60, "h": 3600]
        var seconds = 0
        var digits = ""
        for character in argument {
            if let unit = units[character], let number = Int(digits), number < 1_000_000 {
                seconds += number * unit
                digits = ""
            } else {
                digits.append(character)
            }
        }
        if !digits.isEmpty {
            guard seconds == 0, let number = Int(digits), number < 1_000_000_000 else { return nil }
            seconds = number
        }
        return seconds > 0 ? .seconds(seconds) : nil
    }
}

extension Address {
    /// As somebody typed it.
    init(argument: String) throws {
        guard let address = Address(argument) else {
            throw ValidationError(
                """
                That is no address. One is KIND/NAME, or KIND/NAMESPACE/NAME: VirtualMachine/web. \
                `rigaud state list` and `rigaud plan` show them.
                """)
        }
        self = address
    }
}
