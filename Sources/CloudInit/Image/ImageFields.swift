import Model

/// Fields of an ISO 9660 image that are set after libarchive has laid it out: contents, times, and the label in lower case, which
/// libarchive does not write into the primary descriptor.
///
/// Where they are: ECMA-119, 8.4 (volume descriptors) and 9.1 (directory records); Rock Ridge's fields, IEEE P1281 and P1282.
struct ImageFields {
    private static let sector = 2048
    private static let firstDescriptor = 16
    private(set) var bytes: [UInt8]

    init(_ bytes: [UInt8]) { self.bytes = bytes }

    mutating func finish(contents: [String: Secret]) throws(SeedError) {
        var placed = 0
        for descriptor in ImageFields.firstDescriptor..<ImageFields.firstDescriptor + 8 {
            let start = descriptor * ImageFields.sector
            guard start + ImageFields.sector <= bytes.count, bytes.hasBytes("CD001", at: start + 1) else { break }
            switch bytes[start] {
            case 1:
                put(Array("cidata".utf8), at: start + 40)
                fixTimes(ofDescriptor: start)
                placed += try walkDirectory(of: start, contents)
            case 2:
                fixTimes(ofDescriptor: start)
                _ = try walkDirectory(of: start, [:])
            case 255:
                // Behind the last descriptor libarchive notes who made the image, and when.
                put([UInt8](repeating: 0, count: ImageFields.sector), at: start + ImageFields.sector)
            default: break
            }
        }
        guard placed == contents.count else { throw ImageFields.unknownLayout }
    }

    private static let unknownLayout = SeedError(
        detail: "libarchive laid the image of a seed out in a way that is not known here.")

    private mutating func put(_ new: [UInt8], at offset: Int) {
        guard offset + new.count <= bytes.count else { return }
        bytes.replaceSubrange(offset..<offset + new.count, with: new)
    }

    private func number(at offset: Int) -> Int {
        (0..<4).reduce(0) { $0 | Int(bytes[offset + $1]) << (8 * $1) }
    }

    /// Creation and modification in 1970; never invalid, no special time of effect.
    private mutating func fixTimes(ofDescriptor start: Int) {
        let birth = Array("1970010100000000".utf8) + [0]
        let never = [UInt8](repeating: UInt8(ascii: "0"), count: 16) + [0]
        for (offset, time) in [(813, birth), (830, birth), (847, never), (864, never)] { put(time, at: start + offset) }
        put(ImageFields.recordTime, at: start + 156 + 18)
    }

    /// 1 January 1970 in a directory record: years from 1900, month, day, hour, minute, second, zone.
    private static let recordTime: [UInt8] = [70, 1, 1, 0, 0, 0, 0]

    /// Goes through the records of the top directory. Gives the number of contents that were put in.
    private mutating func walkDirectory(of descriptor: Int, _ contents: [String: Secret]) throws(SeedError) -> Int {
        let start = number(at: descriptor + 156 + 2) * ImageFields.sector
        let size = number(at: descriptor + 156 + 10)
        guard start > 0, size > 0, start + size <= bytes.count else { throw ImageFields.unknownLayout }
        var placed = 0
        var record = start
        while record < start + size, bytes[record] > 0 {
            let length = Int(bytes[record])
            guard length >= 34, record + length <= start + size else { throw ImageFields.unknownLayout }
            put(ImageFields.recordTime, at: record + 18)
            let nameLength = Int(bytes[record + 32])
            let name = fixRockRidge(
                record + 33 + nameLength + (nameLength.isMultiple(of: 2) ? 1 : 0), end: record + length)
            if let content = contents[name] {
                let place = number(at: record + 2) * ImageFields.sector
                let room = number(at: record + 10)
                let isPlaced = content.reveal { content in
                    guard content.count == room, place + room <= bytes.count || room == 0 else { return false }
                    if room > 0 { put(content, at: place) }
                    return true
                }
                guard isPlaced else { throw ImageFields.unknownLayout }
                placed += 1
            }
            record += length
        }
        return placed
    }

    /// Sets the times in a record's Rock Ridge fields, and gives the name that is in them.
    private mutating func fixRockRidge(_ start: Int, end: Int) -> String {
        var name: [UInt8] = []
        var field = start
        while field + 4 <= end, bytes[field + 2] >= 4, field + Int(bytes[field + 2]) <= end {
            let length = Int(bytes[field + 2])
            if bytes.hasBytes("NM", at: field), length > 5 { name += bytes[field + 5..<field + length] }
            if bytes.hasBytes("TF", at: field) {
                for time in stride(from: field + 5, to: field + length - 6, by: 7) {
                    put(ImageFields.recordTime, at: time)
                }
            }
            field += length
        }
        return String(decoding: name, as: UTF8.self)
    }
}
