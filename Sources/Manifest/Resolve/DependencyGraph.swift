import Model

/// Which resources of a kind need which others of it, and where that is said.
struct DependencyGraph {
    struct Circle {
        let addresses: [Address]
        /// Where the first says that it needs the second.
        let location: SourceLocation?
    }

    var edges: [Address: [(target: Address, location: SourceLocation?)]] = [:]

    /// The circles, one for each dependency that closes one, found from the first address on. Without recursion: a chain may be as
    /// long as there are resources.
    func circles() -> [Circle] {
        var found: [Circle] = []
        var done: Set<Address> = []
        for start in edges.keys.sorted() where !done.contains(start) {
            var path: [Address] = [start]
            var positions: [Address: Int] = [start: 0]
            var next: [Int] = [0]
            while let address = path.last {
                let targets = edges[address] ?? []
                guard next[next.count - 1] < targets.count else {
                    done.insert(address)
                    positions[address] = nil
                    path.removeLast()
                    next.removeLast()
                    continue
                }
                let target = targets[next[next.count - 1]].target
                next[next.count - 1] += 1
                if let position = positions[target] {
                    let first = edges[path[position]]?[next[position] - 1]
                    found.append(Circle(addresses: Array(path[position...]), location: first?.location))
                } else if !done.contains(target) {
                    positions[target] = path.count
                    path.append(target)
                    next.append(0)
                }
            }
        }
        return found
    }
}
