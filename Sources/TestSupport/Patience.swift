package import Testing

extension Duration {
    /// How long a process, a guest or a server may be silent before a test calls it hung. It is far from what anything takes, since all
    /// tests run at once and a machine of CI may have two busy cores: a limit that is near measures the machine and not the program.
    package static let hang = Duration.seconds(900)
}

extension Trait where Self == TimeLimitTrait {
    /// Ends what hangs while the other tests' results can still be told.
    package static var hangLimit: Self { .timeLimit(.minutes(20)) }
}
