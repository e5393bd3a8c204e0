import CLibCurl
import Model

/// What tells one state of a file on a server from another (RFC 9110 section 8.8).
struct Validators: Hashable {
    var entityTag: String?
    var lastModified: String?
    /// When the answer was made.
    var date: String?

    var isEmpty: Bool { entityTag == nil && lastModified == nil }

    /// The value of If-Range that goes on with a partial download; nil where there is none that can be relied on. A
    /// weak tag says nothing of bytes (13.1.5), nor does a time that was not over when the answer was made (8.8.2.2).
    var forRange: String? {
        if let entityTag { return entityTag.hasPrefix("W/") ? nil : entityTag }
        guard let lastModified, let date else { return nil }
        let (modified, answered) = (curl_getdate(lastModified, nil), curl_getdate(date, nil))
        return modified >= 0 && answered > modified ? lastModified : nil
    }

    /// Whether a part with these is of the same file as one with `other`. It has to say so.
    func areOfSameFile(as other: Validators) -> Bool {
        if let entityTag { return entityTag == other.entityTag }
        return lastModified != nil && lastModified == other.lastModified
    }

    /// A value that can be kept and said again; nil for what no honest server sends.
    static func acceptable(_ value: String) -> String? {
        let isPlain = value.utf8.allSatisfy { $0 >= 0x20 && $0 != 0x7f }
        return !value.isEmpty && value.utf8.count <= 1024 && isPlain ? value : nil
    }
}

extension Validators {
    var members: [String: Value] {
        var members: [String: Value] = [:]
        members["etag"] = entityTag.map(Value.string)
        members["lastModified"] = lastModified.map(Value.string)
        members["date"] = date.map(Value.string)
        return members
    }

    init(_ value: Value) {
        entityTag = (value["etag"]?.text).flatMap(Validators.acceptable)
        lastModified = (value["lastModified"]?.text).flatMap(Validators.acceptable)
        date = (value["date"]?.text).flatMap(Validators.acceptable)
    }
}
