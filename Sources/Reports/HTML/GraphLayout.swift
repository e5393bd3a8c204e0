/// Places for the nodes of an acyclic graph: in layers from left to right, each to the right of what it stands on, with
/// few crossings and short edges (after Sugiyama; orders by barycentres, heights by isotonic regression).
///
/// The work grows with nodes and edges, times a fixed number of sweeps. A cycle does no harm: it is drawn as if cut.
struct GraphLayout {
    struct Point: Equatable {
        var x: Double
        var y: Double
    }

    /// An edge, with the points that it goes through between its ends.
    struct Line: Equatable {
        let from: Int
        let to: Int
        let points: [Point]
    }

    static let nodeWidth = 216.0
    static let nodeHeight = 44.0
    private static let columnGap = 84.0
    private static let margin = 16.0
    private static let nodeGap = 14.0
    /// The height that an edge takes where it passes a layer.
    private static let laneHeight = 12.0
    private static let sweeps = 6

    /// The upper left corners.
    private(set) var places: [Point]
    private(set) var lines: [Line] = []
    private(set) var width = 0.0
    private(set) var height = 0.0

    private let count: Int
    /// Of the nodes, then of the lanes of long edges.
    private var layers: [Int]
    private var left: [[Int]]
    private var right: [[Int]]
    private var centers: [Double] = []

    /// - Parameter edges: From what is needed to what needs it, as indices below `count`; each once.
    init(count: Int, edges: [(from: Int, to: Int)]) {
        self.count = count
        places = Array(repeating: Point(x: 0, y: 0), count: count)
        layers = longestPaths(count: count, edges: edges)
        left = Array(repeating: [], count: count)
        right = Array(repeating: [], count: count)
        let forward = edges.filter { layers[$0.from] < layers[$0.to] }
        let lanes = forward.map { addLanes(from: $0.from, to: $0.to) }
        let connected = (0..<count).filter { !left[$0].isEmpty || !right[$0].isEmpty }
        let columns = order(connected + (count..<layers.count))
        placeHeights(columns)
        for (column, members) in columns.enumerated() {
            for node in members where node < count {
                places[node].x = GraphLayout.margin + Double(column) * (GraphLayout.nodeWidth + GraphLayout.columnGap)
                places[node].y = centers[node] - GraphLayout.nodeHeight / 2
            }
        }
        width =
            Double(max(columns.count, 1)) * (GraphLayout.nodeWidth + GraphLayout.columnGap)
            - GraphLayout.columnGap + 2 * GraphLayout.margin
        placeLoners((0..<count).filter { left[$0].isEmpty && right[$0].isEmpty })
        lines = zip(forward, lanes).map { edge, lanes in
            Line(
                from: edge.from, to: edge.to,
                points: lanes.map { lane in
                    let x = GraphLayout.margin + Double(layers[lane]) * (GraphLayout.nodeWidth + GraphLayout.columnGap)
                    return Point(x: x + GraphLayout.nodeWidth / 2, y: centers[lane])
                })
        }
    }

    /// Joins two nodes, by a lane in each layer between them.
    private mutating func addLanes(from: Int, to: Int) -> [Int] {
        var lanes: [Int] = []
        var former = from
        for layer in (layers[from] + 1)..<max(layers[to], layers[from] + 1) {
            let lane = layers.count
            layers.append(layer)
            left.append([])
            right.append([])
            join(former, lane)
            lanes.append(lane)
            former = lane
        }
        join(former, to)
        return lanes
    }

    private mutating func join(_ one: Int, _ other: Int) {
        right[one].append(other)
        left[other].append(one)
    }

    // MARK: - Order within the layers

    private func order(_ nodes: [Int]) -> [[Int]] {
        let count = (nodes.map { layers[$0] }.max() ?? -1) + 1
        var columns: [[Int]] = Array(repeating: [], count: count)
        for node in nodes { columns[layers[node]].append(node) }
        var position = [Double](repeating: 0, count: layers.count)
        func number(_ column: [Int]) {
            for (index, node) in column.enumerated() { position[node] = Double(index) / Double(max(column.count, 1)) }
        }
        columns.forEach(number)
        for sweep in 0..<GraphLayout.sweeps {
            let rightward = sweep.isMultiple(of: 2)
            for index in rightward ? Array(columns.indices) : columns.indices.reversed() {
                let weighed = columns[index].map { node -> (weight: Double, former: Double, node: Int) in
                    let neighbours = rightward ? left[node] : right[node]
                    let sum = neighbours.reduce(0) { $0 + position[$1] }
                    let weight = neighbours.isEmpty ? position[node] : sum / Double(neighbours.count)
                    return (weight, position[node], node)
                }
                columns[index] = weighed.sorted { ($0.weight, $0.former) < ($1.weight, $1.former) }.map(\.node)
                number(columns[index])
            }
        }
        return columns
    }

    // MARK: - Heights

    private mutating func placeHeights(_ columns: [[Int]]) {
        centers = Array(repeating: 0, count: layers.count)
        for column in columns { settle(column, wishes: column.map { _ in 0 }) }
        for _ in 0..<GraphLayout.sweeps {
            for column in columns + columns.reversed() {
                let wishes = column.map { node in
                    let neighbours = left[node] + right[node]
                    return neighbours.reduce(0) { $0 + centers[$1] } / Double(max(neighbours.count, 1))
                }
                settle(column, wishes: wishes)
            }
        }
        let top = columns.joined().map { centers[$0] - extent($0) / 2 }.min() ?? 0
        for node in columns.joined() { centers[node] += GraphLayout.margin - top }
        height = (columns.joined().map { centers[$0] + extent($0) / 2 }.max() ?? 0) + GraphLayout.margin
    }

    private func extent(_ node: Int) -> Double { node < count ? GraphLayout.nodeHeight : GraphLayout.laneHeight }

    /// As near as can be (in least squares) to the wishes, in order and without touching.
    private mutating func settle(_ column: [Int], wishes: [Double]) {
        var offsets: [Double] = []
        var offset = 0.0
        for (index, node) in column.enumerated() {
            if index > 0 { offset += (extent(column[index - 1]) + extent(node)) / 2 + GraphLayout.nodeGap }
            offsets.append(offset)
        }
        var blocks: [(sum: Double, count: Int)] = []
        for (wish, offset) in zip(wishes, offsets) {
            blocks.append((wish - offset, 1))
            while blocks.count > 1 {
                let (last, former) = (blocks[blocks.count - 1], blocks[blocks.count - 2])
                guard last.sum / Double(last.count) < former.sum / Double(former.count) else { break }
                blocks.removeLast()
                blocks[blocks.count - 1] = (former.sum + last.sum, former.count + last.count)
            }
        }
        var index = 0
        for block in blocks {
            for _ in 0..<block.count {
                centers[column[index]] = block.sum / Double(block.count) + offsets[index]
                index += 1
            }
        }
    }

    /// What stands on nothing and nothing stands on: in rows below the rest.
    private mutating func placeLoners(_ loners: [Int]) {
        guard !loners.isEmpty else { return }
        if loners.count == count {
            height = GraphLayout.margin
            width =
                min(4, Double(count)) * (GraphLayout.nodeWidth + GraphLayout.nodeGap) - GraphLayout.nodeGap
                + 2 * GraphLayout.margin
        }
        let room = width - 2 * GraphLayout.margin + GraphLayout.nodeGap
        let perRow = max(1, Int(room / (GraphLayout.nodeWidth + GraphLayout.nodeGap)))
        for (index, node) in loners.enumerated() {
            places[node] = Point(
                x: GraphLayout.margin + Double(index % perRow) * (GraphLayout.nodeWidth + GraphLayout.nodeGap),
                y: height + Double(index / perRow) * (GraphLayout.nodeHeight + GraphLayout.nodeGap))
        }
        let rows = (loners.count + perRow - 1) / perRow
        height +=
            Double(rows) * (GraphLayout.nodeHeight + GraphLayout.nodeGap) - GraphLayout.nodeGap + GraphLayout.margin
    }
}

/// The layer of each node: one more than the last of those it stands on; what stands on nothing, next to its first user.
private func longestPaths(count: Int, edges: [(from: Int, to: Int)]) -> [Int] {
    var next: [[Int]] = Array(repeating: [], count: count)
    var waiting = [Int](repeating: 0, count: count)
    for edge in edges {
        next[edge.from].append(edge.to)
        waiting[edge.to] += 1
    }
    let isRoot = waiting.map { $0 == 0 }
    var layers = [Int](repeating: 0, count: count)
    var queue = (0..<count).filter { isRoot[$0] }
    var index = 0
    while index < queue.count {
        let node = queue[index]
        index += 1
        for other in next[node] {
            layers[other] = max(layers[other], layers[node] + 1)
            waiting[other] -= 1
            if waiting[other] == 0 { queue.append(other) }
        }
    }
    for node in 0..<count where isRoot[node] {
        if let first = next[node].map({ layers[$0] }).min() { layers[node] = max(0, first - 1) }
    }
    return layers
}
