import ArgumentParser

/// What the program ends with: the contract of docs/exit-codes.md. The only place where these numbers stand.
enum ExitStatus: Int32 {
    case done = 0
    case error = 1
    case pending = 2
    case drift = 3
    case partial = 4
    case refused = 5
    case stalePlan = 6
    case locked = 7
    case unreachable = 8
    case usage = 64
    case interrupted = 130

    var code: ExitCode { ExitCode(rawValue) }
}
