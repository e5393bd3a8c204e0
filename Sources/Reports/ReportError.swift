/// Why a file that an earlier run left for its reports cannot be used.
package struct ReportError: Error, Hashable, Sendable {
    /// A stable word for programs, such as `drift-memory-unreadable`.
    package let code: String
    /// Constant for the code.
    package let summary: String
    /// Whole sentences: what is wrong, why, and what to do.
    package let detail: String

    package init(_ code: String, _ summary: String, _ detail: String) {
        self.code = code
        self.summary = summary
        self.detail = detail
    }
}
