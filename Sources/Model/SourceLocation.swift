/// A place in a manifest: the file as the user named it, line and column from 1 (columns count characters).
package struct SourceLocation: Hashable, Comparable, Sendable, CustomStringConvertible {
    package let file: String
    package let line: Int32
    package let column: Int32

    package init(file: String, line: Int, column: Int = 1) {
        self.file = file
        self.line = Int32(clamping: line)
        self.column = Int32(clamping: column)
    }

    package var description: String { "\(file):\(line):\(column)" }

    package static func < (left: SourceLocation, right: SourceLocation) -> Bool {
        (left.file, left.line, left.column) < (right.file, right.line, right.column)
    }
}
