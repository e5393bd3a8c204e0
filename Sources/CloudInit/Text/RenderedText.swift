/// What a template gave, and for each byte of it the place in the template that it came from.
struct RenderedText: Sendable {
    private struct Segment {
        let output: Int
        let source: Int
        /// Copied from the template, so that places within it differ.
        let isLiteral: Bool
    }

    private(set) var bytes: [UInt8] = []
    private var segments: [Segment] = []

    init() {}

    /// A text that is no template.
    init(verbatim bytes: [UInt8]) {
        append(bytes[...], from: 0)
    }

    /// Appends a piece of the template itself.
    mutating func append(_ piece: ArraySlice<UInt8>, from source: Int) {
        segments.append(Segment(output: bytes.count, source: source, isLiteral: true))
        bytes += piece
    }

    /// Appends what an action gave.
    mutating func append(_ text: String, of action: Int) {
        segments.append(Segment(output: bytes.count, source: action, isLiteral: false))
        bytes += Array(text.utf8)
    }

    /// The offset in the template that a byte of the text came from.
    func source(of output: Int) -> Int {
        var low = 0
        var high = segments.count
        while low < high {
            let middle = (low + high) / 2
            if segments[middle].output <= output { low = middle + 1 } else { high = middle }
        }
        guard low > 0 else { return 0 }
        let segment = segments[low - 1]
        return segment.isLiteral ? segment.source + output - segment.output : segment.source
    }
}
