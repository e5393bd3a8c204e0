import Model
import Synchronization

/// A fetch that is under way, and everybody who waits for it.
final class Flight: Sendable {
    private struct Passenger {
        let progress: @Sendable (FetchProgress) -> Void
        let continuation: CheckedContinuation<Result<LocalImage, ImageError>, Never>
    }

    private struct State {
        var passengers: [Int: Passenger] = [:]
        /// It has ended, or nobody waited any more: whoever comes now needs another.
        var isClosed = false
    }

    private let state = Mutex(State())

    /// False where it is too late.
    func board(
        _ number: Int, _ progress: @escaping @Sendable (FetchProgress) -> Void,
        _ continuation: CheckedContinuation<Result<LocalImage, ImageError>, Never>
    ) -> Bool {
        state.withLock { state in
            if state.isClosed { return false }
            state.passengers[number] = Passenger(progress: progress, continuation: continuation)
            return true
        }
    }

    /// Somebody does not want it any more. The last one ends it.
    func leave(_ number: Int) {
        let passenger = state.withLock { state in
            let passenger = state.passengers.removeValue(forKey: number)
            if state.passengers.isEmpty { state.isClosed = true }
            return passenger
        }
        passenger?.continuation.resume(returning: .failure(ImageError(.stopped, "It is not wanted any more.")))
    }

    var isClosed: Bool { state.withLock(\.isClosed) }

    func tell(_ progress: FetchProgress) {
        for passenger in state.withLock({ Array($0.passengers.values) }) { passenger.progress(progress) }
    }

    func land(_ result: Result<LocalImage, ImageError>) {
        let passengers = state.withLock { state in
            defer { state.passengers = [:] }
            state.isClosed = true
            return Array(state.passengers.values)
        }
        for passenger in passengers { passenger.continuation.resume(returning: result) }
    }
}

/// The fetches of a store that are under way. Who wants what somebody else is fetching already waits for that.
final class Flights: Sendable {
    private struct State {
        var flights: [ImageSource: Flight] = [:]
        var boarded: [Int: Flight] = [:]
        /// Those who were gone before they had boarded.
        var gone: Set<Int> = []
        var next = 0
    }

    private let state = Mutex(State())

    func number() -> Int {
        state.withLock { state in
            state.next += 1
            return state.next
        }
    }

    /// Takes a seat in the fetch of a source. A flight that is returned is new, and has to be flown.
    func board(
        _ number: Int, _ source: ImageSource, _ progress: @escaping @Sendable (FetchProgress) -> Void,
        _ continuation: CheckedContinuation<Result<LocalImage, ImageError>, Never>
    ) -> Flight? {
        state.withLock { state in
            if state.gone.remove(number) != nil {
                continuation.resume(returning: .failure(ImageError(.stopped, "It is not wanted any more.")))
                return nil
            }
            if let flight = state.flights[source], flight.board(number, progress, continuation) {
                state.boarded[number] = flight
                return nil
            }
            let flight = Flight()
            _ = flight.board(number, progress, continuation)
            state.flights[source] = flight
            state.boarded[number] = flight
            return flight
        }
    }

    func leave(_ number: Int) {
        let flight = state.withLock { state in
            let flight = state.boarded[number]
            if flight == nil { state.gone.insert(number) }
            return flight
        }
        flight?.leave(number)
    }

    /// The fetch that a number stood for is over.
    func forget(_ number: Int) {
        state.withLock { state in
            state.boarded[number] = nil
            state.gone.remove(number)
            state.flights = state.flights.filter { !$0.value.isClosed }
        }
    }
}
