import Model

extension HostSession {
    /// Does again what is refused because something else is being done on the host, as in a pool while volumes are made.
    func patiently<Answer>(
        for limit: Duration = .seconds(30), _ body: () async throws(HostError) -> Answer
    ) async throws(HostError) -> Answer {
        let deadline = ContinuousClock.now + limit
        var pause = Duration.milliseconds(100)
        while true {
            do throws(HostError) {
                return try await body()
            } catch {
                guard error.reason == .busy, ContinuousClock.now < deadline, !Task.isCancelled else { throw error }
                try? await Task.sleep(for: pause)
                pause = min(pause * 2, .seconds(3))
            }
        }
    }

    /// How long is waited for what may take its time: copies and conversions that go on in the daemon.
    static let longPatience = Duration.seconds(600)
}
