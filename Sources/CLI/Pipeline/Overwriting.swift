import Glibc
import Model

/// What a file that is written for the user may take the place of: nothing, an empty file, what is no file, and what was written
/// there before. A path that was mistyped costs nobody a manifest or a state.
enum FormerFile {
    case plan, json, markdown, junit, sarif, html, prometheus, events

    /// Why a file is not to be written; nil where it may be.
    func objection(to path: String) -> String? {
        var status = stat()
        guard stat(path, &status) == 0, status.st_mode & S_IFMT == S_IFREG, status.st_size > 0 else { return nil }
        let head = beginning(of: path)
        if isOne(head) { return nil }
        return "\(path) is there already and is \(name)."
            + " Name another file, or delete that one if nobody needs it."
    }

    private var name: String { self == .plan ? "no saved plan" : "none that was written by such a run" }

    /// By what stands near its beginning.
    private func isOne(_ head: String) -> Bool {
        switch self {
        case .plan: head.hasPrefix(#"{"kind":"rigaud-plan""#)
        case .json:
            head.hasPrefix("{\n  \"") && !head.contains(#""apiVersion""#)
                && [#""apply""#, #""changes""#, #""diagnostics""#].contains(where: head.contains)
        case .markdown: head.contains("<!-- rigaud:")
        case .junit: head.contains("<testsuites")
        case .sarif: head.contains("sarif")
        case .html: head.hasPrefix("<!DOCTYPE html>") || head.hasPrefix("<!doctype html>")
        case .prometheus: head.contains("rigaud_")
        case .events: head.hasPrefix("{") && head.prefix { $0 != "\n" }.contains(#""event":"#)
        }
    }

    private func beginning(of path: String) -> String {
        let descriptor = open(path, O_RDONLY | O_CLOEXEC)
        guard descriptor >= 0 else { return "" }
        defer { close(descriptor) }
        var buffer = [UInt8](repeating: 0, count: 1 << 16)
        let count = read(descriptor, &buffer, buffer.count)
        return String(decoding: buffer.prefix(max(count, 0)), as: UTF8.self)
    }
}

extension ReportFormat {
    var former: FormerFile {
        switch self {
        case .json: .json
        case .markdown: .markdown
        case .junit: .junit
        case .sarif: .sarif
        case .html: .html
        case .prometheus: .prometheus
        }
    }
}
