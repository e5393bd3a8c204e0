import Model
import TestSupport
import Testing

@testable import Reports

@Suite struct GraphTests {
    /// Nothing lies on anything else, and arrows go right.
    static func check(_ layout: GraphLayout, count: Int, sourceLocation: Testing.SourceLocation = #_sourceLocation) {
        for node in 0..<count {
            let place = layout.places[node]
            #expect(place.x >= 0 && place.y >= 0, sourceLocation: sourceLocation)
            #expect(
                place.x + GraphLayout.nodeWidth <= layout.width && place.y + GraphLayout.nodeHeight <= layout.height,
                sourceLocation: sourceLocation)
            for other in 0..<node {
                let apart = layout.places[other]
                #expect(
                    abs(apart.x - place.x) >= GraphLayout.nodeWidth || abs(apart.y - place.y) >= GraphLayout.nodeHeight,
                    "\(node) lies on \(other)", sourceLocation: sourceLocation)
            }
        }
        for line in layout.lines {
            #expect(layout.places[line.from].x < layout.places[line.to].x, sourceLocation: sourceLocation)
        }
    }

    @Test(arguments: 1...12)
    func randomGraphs(seed: Int) {
        var generator = SeededGenerator(seed: UInt64(seed))
        let count = Int.random(in: 0...60, using: &generator)
        var edges: [(from: Int, to: Int)] = []
        for to in 0..<count {
            for from in 0..<to where generator.oneIn(max(count / 3, 2)) { edges.append((from, to)) }
        }
        let layout = GraphLayout(count: count, edges: edges)
        #expect(layout.lines.count == edges.count)
        Self.check(layout, count: count)
    }

    @Test func aCycleIsDrawnAsIfCut() {
        let layout = GraphLayout(count: 3, edges: [(0, 1), (1, 2), (2, 0)])
        Self.check(layout, count: 3)
    }

    @Test func noGraphAndLoners() {
        Self.check(GraphLayout(count: 0, edges: []), count: 0)
        Self.check(GraphLayout(count: 30, edges: []), count: 30)
        Self.check(GraphLayout(count: 30, edges: [(0, 1)]), count: 30)
    }

    @Test func aLargeStackIsReduced() throws {
        let selection = GraphSelection(Samples.large(10_000).findings)
        #expect(selection.nodes.count == GraphSelection.limit)
        #expect(selection.note == "Of 10,004 objects, 300 are drawn: the 300 of 1,000 changed objects that cost most.")
        let small = GraphSelection(Samples.large(400).findings)
        #expect(small.nodes.count == 42 && small.edges.count == 40)
        #expect(GraphSelection(Samples.report().findings).note == nil)
        var quiet = Samples.large(100)
        quiet.plan?.changes = []
        #expect(GraphSelection(quiet.findings).nodes.isEmpty)
    }

    @Test(
        .enabled(if: Tools.isThere(Tools.xmllint), "xmllint is not installed"),
        arguments: [Samples.drift, Samples.hostile, Samples.large(500)])
    func thePictureIsXML(report: RunReport) async throws {
        let svg = GraphPicture(report.findings).svg
        try await Tools.run(Tools.xmllint, "--noout", "--nonet", "-", input: Array(svg.utf8))
    }
}
