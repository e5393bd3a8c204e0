import Model

/// Which machine depends on which others, and where that is said.
struct DependencyGraph {
    struct Circle {
        let addresses: [Address]
        /// Of the dependency that closes it.
        let location: SourceLocation?
    }

    var edges: [Address: [(target: Address, location: SourceLocation?)]] = [:]

    /// The circles, one for each dependency that closes one, found from the first address on. Without recursion: a chain may be as
    /// long as there are machines.
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
                let (target, location) = targets[next[next.count - 1]]
                next[next.count - 1] += 1
                if let position = positions[target] {
                    if target != address {
                        found.append(Circle(addresses: Array(path[position...]), location: location))
                    }
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
