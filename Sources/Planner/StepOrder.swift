import Model

extension StepGraph {
    /// The steps in a total, stable order that respects every edge. O(V + E).
    func steps() -> Result<[Step], Cycle> {
        var drafts: [(address: Address, draft: Draft)] = []
        var teardownEnd: [Address: Int] = [:]
        var setupStart: [Address: Int] = [:]
        var setupEnd: [Address: Int] = [:]
        var teardownStart: [Address: Int] = [:]
        var before: [[Int]] = []
        func append(_ chain: [Draft], of address: Address) -> (Int, Int)? {
            guard !chain.isEmpty else { return nil }
            let start = drafts.count
            for draft in chain {
                before.append(drafts.count > start ? [drafts.count - 1] : [])
                drafts.append((address, draft))
            }
            return (start, drafts.count - 1)
        }
        let addresses = nodes.keys.sorted()
        for address in addresses {
            guard let node = nodes[address] else { continue }
            if let (start, end) = append(node.teardown, of: address) {
                (teardownStart[address], teardownEnd[address]) = (start, end)
            }
            if let (start, end) = append(node.setup, of: address) {
                (setupStart[address], setupEnd[address]) = (start, end)
            }
        }
        for address in addresses {
            guard let node = nodes[address] else { continue }
            if let start = setupStart[address] {
                if let end = teardownEnd[address] { before[start].append(end) }
                for need in node.needs { if let end = setupEnd[need] { before[start].append(end) } }
                for user in node.interrupts {
                    if let end = teardownEnd[user] ?? setupEnd[user] { before[start].append(end) }
                }
            }
            // What is only off still refers to what it had until it has been set up again.
            let end = node.isDeleted ? teardownEnd[address] : setupEnd[address] ?? teardownEnd[address]
            for need in node.neededBefore where need != address {
                guard let start = teardownStart[need] else { continue }
                // What is replaced is torn down first and set up again before this is: only a tear-down frees it.
                let isReplaced = setupStart[need] != nil
                if let release = isReplaced ? teardownEnd[address] : end { before[start].append(release) }
            }
        }
        return order(drafts, before: before)
    }

    private func order(_ drafts: [(address: Address, draft: Draft)], before: [[Int]]) -> Result<[Step], Cycle> {
        var waiting = before.map(\.count)
        var after = [[Int]](repeating: [], count: drafts.count)
        for (index, edges) in before.enumerated() { for edge in edges { after[edge].append(index) } }
        var ready = waiting.indices.filter { waiting[$0] == 0 }
        var position = 0
        var ids = [Int](repeating: 0, count: drafts.count)
        while position < ready.count {
            let index = ready[position]
            position += 1
            ids[index] = position
            for next in after[index] {
                waiting[next] -= 1
                if waiting[next] == 0 { ready.append(next) }
            }
        }
        guard ready.count == drafts.count else {
            let stuck = Set(drafts.indices.filter { waiting[$0] > 0 }.map { drafts[$0].address })
            return .failure(Cycle(addresses: stuck.sorted()))
        }
        return .success(
            ready.map { index in
                Step(
                    id: ids[index], operation: drafts[index].draft.operation,
                    after: Set(before[index]).map { ids[$0] }.sorted(), effect: drafts[index].draft.effect)
            })
    }
}

extension StepGraph.Cycle {
    var diagnostic: Diagnostic {
        let names = addresses.prefix(5).map(\.description).joined(separator: ", ")
        return Diagnostic(
            .error, "dependency-cycle", "Resources depend on each other in a circle",
            """
            These wait for each other, so none of them can be first: \(names)\(addresses.count > 5 ? ", …" : ""). \
            Remove one of the references between them.
            """, address: addresses.first)
    }
}
