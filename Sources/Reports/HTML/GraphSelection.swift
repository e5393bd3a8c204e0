import Model

/// The part of a stack that is drawn: all of a small one; of a large one what changes, and what stands next to that.
struct GraphSelection {
    /// Up to so many objects, all are drawn.
    static let whole = 60
    /// More than so many are never drawn.
    static let limit = 300

    /// Indices into the findings, in their order.
    private(set) var nodes: [Int] = []
    /// From what is needed to what needs it, as indices into `nodes`.
    private(set) var edges: [(from: Int, to: Int)] = []
    /// What is not drawn, in whole sentences; nil where all is.
    private(set) var note: String?

    init(_ findings: [Finding]) {
        let index = Dictionary(uniqueKeysWithValues: findings.enumerated().map { ($1.address, $0) })
        let needs = findings.map { finding in
            Set(finding.object.needs.compactMap { index[$0] }).sorted()
        }
        nodes = findings.indices.map { $0 }
        if findings.count > GraphSelection.whole { reduce(findings, needs) }
        let place = Dictionary(uniqueKeysWithValues: nodes.enumerated().map { ($1, $0) })
        for (to, node) in nodes.enumerated() {
            for need in needs[node] where need != node {
                if let from = place[need] { edges.append((from, to)) }
            }
        }
    }

    private mutating func reduce(_ findings: [Finding], _ needs: [[Int]]) {
        let all = findings.count
        let changed = findings.indices.filter { findings[$0].verdict != .unchanged }.sorted { left, right in
            let (one, other) = (findings[left], findings[right])
            return one.disruption != other.disruption ? one.disruption > other.disruption : left < right
        }
        if changed.isEmpty {
            nodes = []
            note = "Nothing changes, and all \(counted(all, "object")) would be too much to look at."
            return
        }
        var users: [[Int]] = Array(repeating: [], count: all)
        for (node, needs) in needs.enumerated() { for need in needs { users[need].append(node) } }
        var chosen = Set(changed.prefix(GraphSelection.limit))
        for node in changed.prefix(GraphSelection.limit) {
            for neighbour in needs[node] + users[node] where chosen.count < GraphSelection.limit {
                chosen.insert(neighbour)
            }
        }
        nodes = chosen.sorted()
        let shown =
            changed.count > GraphSelection.limit
            ? "the \(grouped(GraphSelection.limit)) of \(grouped(changed.count)) changed objects that cost most"
            : "what changes, and what stands next to that"
        note = "Of \(counted(all, "object")), \(grouped(nodes.count)) are drawn: \(shown)."
    }
}
