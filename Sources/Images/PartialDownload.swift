import Glibc
import Model

/// The part of a file that has come, on disk, with its checksum as far as it goes.
///
/// The order of its writes is what lets it be killed at any moment: no `.part.json` while `.part` may be of two files.
final class PartialDownload: ResumableSink {
    private let entry: CacheEntry
    private let url: String
    private let file: OpenFile
    private let algorithm: ChecksumAlgorithm?
    private let bounds: Bounds
    private let settings: FetchSettings
    private let meter: ProgressMeter
    private var digester: Digester?
    private(set) var length: Int64 = 0
    private var total: Int64?
    private(set) var validators = Validators()
    /// Of the image that is there already: nothing is to come if it is still the one.
    private var present: Validators?

    init(
        _ entry: CacheEntry, _ url: ImageURL, _ algorithm: ChecksumAlgorithm?, _ bounds: Bounds,
        _ settings: FetchSettings,
        _ meter: ProgressMeter
    ) throws(ImageError) {
        self.entry = entry
        // A URL's query may hold secrets.
        self.url = Digester.sha256(url.text)
        self.algorithm = algorithm
        self.bounds = bounds
        self.settings = settings
        self.meter = meter
        file = try OpenFile.writing(entry.partial)
        digester = algorithm.map { Digester($0) }
    }

    /// Goes on with what a former run left, if that can be trusted.
    func goOn() throws(ImageError) {
        let stamp = try file.stamp()
        guard stamp.size > 0, let record = readRecord(entry.partialRecord), record["url"]?.text == url,
            // After a power cut a file may have its length and not its content. A checksum would tell, nothing else.
            algorithm != nil || record["boot"]?.text == Boot.identity,
            let validators = record["validators"].map(Validators.init), !validators.isEmpty,
            record["total"]?.number.map({ stamp.size <= $0 }) ?? true
        else { return try startAnew() }
        try file.forEachPiece(upTo: stamp.size, bounds) { digester?.update($0) }
        length = stamp.size
        total = record["total"]?.number
        self.validators = validators
        meter.tell(.downloading(done: length, total: total))
    }

    /// Takes no answer of which `validators` says that it is there already.
    func skip(unlessOtherThan validators: Validators) { present = validators }

    /// All is there, and a checksum will tell whether it is right.
    var needsNothing: Bool { algorithm != nil && total == length && length > 0 }

    var condition: Request.Condition {
        if let present, !present.isEmpty { return .unlessSame(present) }
        if length == 0 { return .whole }
        if total == length { return validators.isEmpty ? .whole : .unlessSame(validators) }
        return validators.forRange.map { .rest(from: length, ifRange: $0) } ?? .whole
    }

    var isWhole: Bool { total == nil || total == length }

    func begin(_ head: ResponseHead) throws(ImageError) -> Bool {
        if head.status == 206 {
            guard length > 0, let range = head.range, range.start == length,
                validators.areOfSameFile(as: head.validators),
                range.total == nil || total == nil || range.total == total
            else { return false }
            total = total ?? range.total
        } else {
            try startAnew()
            total = head.contentLength
            validators = head.validators
            if !validators.isEmpty { try writeRecord(record, to: entry.partialRecord) }
        }
        try checkSize(total ?? length)
        if let total, let room = file.room, total - length > room {
            throw ImageError(
                .full,
                "\(total - length) bytes are to come, and there is room for \(room) in \(entry.directory). Make room there, "
                    + "and run this again.")
        }
        return true
    }

    func take(_ bytes: UnsafeRawBufferPointer) throws(ImageError) {
        try checkSize(length + Int64(bytes.count))
        try file.write(bytes, at: length)
        digester?.update(bytes)
        length += Int64(bytes.count)
        meter.tell(.downloading(done: length, total: total))
    }

    func startAnew() throws(ImageError) {
        present = nil
        unlink(entry.partialRecord)
        try file.truncate(to: 0)
        length = 0
        total = nil
        validators = Validators()
        digester = algorithm.map { Digester($0) }
    }

    /// The checksum of all that has come.
    var digits: String? { digester?.hexadecimal }

    /// Makes it last, and gives its stamp.
    func finish() throws(ImageError) -> FileStamp {
        meter.tell(.downloading(done: length, total: length), isLast: true)
        try file.synchronize()
        return try file.stamp()
    }

    private func checkSize(_ size: Int64) throws(ImageError) {
        guard size <= settings.largest else {
            throw ImageError(.unsupported, "It has more than \(settings.largest) bytes, which no image of a disk has.")
        }
    }

    private var record: Value {
        var members: [String: Value] = ["url": .string(url), "boot": .string(Boot.identity)]
        members["validators"] = .map(validators.members)
        members["total"] = total.map(Value.integer)
        return .map(members)
    }
}

/// Since when this machine has been running.
private enum Boot {
    /// Another after each start; empty where the kernel does not say.
    static let identity: String = {
        // Files of /proc have no length, and are read as far as they go.
        guard let file = try? OpenFile.reading("/proc/sys/kernel/random/boot_id"), let bytes = try? file.read(64, at: 0)
        else { return "" }
        return String(decoding: bytes.prefix { $0 > 0x20 && $0 < 0x7f }, as: UTF8.self)
    }()
}
