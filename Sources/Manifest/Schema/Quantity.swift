/// Reads a Kubernetes quantity (`4Gi`, `1.5Gi`, `500M`, `2e9`, `4096`) as a whole number, rounded up. A number without a
/// suffix is multiplied by `unit`. `GiB` and `MB` are taken as people mean them. Nil for anything else, for what is
/// negative and for what is beyond 2^63.
func parseQuantity(_ text: String, unit: Int64 = 1) -> Int64? {
    var bytes = Substring(text).utf8
    if bytes.first == UInt8(ascii: "+") { bytes.removeFirst() }
    guard let (mantissa, places) = takeDecimal(&bytes) else { return nil }
    var factor: UInt64 = 1
    var divisor: UInt64 = 1
    let suffix = String(Substring(bytes))
    switch suffix {
    case "": factor = UInt64(unit)
    case "n": divisor = 1_000_000_000
    case "u": divisor = 1_000_000
    case "m": divisor = 1_000
    default:
        if let scale = scales[suffix.hasSuffix("B") ? String(suffix.dropLast()) : suffix] {
            factor = scale
        } else if let first = suffix.first, first == "e" || first == "E", let power = Int(suffix.dropFirst()),
            (0...18).contains(power)
        {
            factor = powerOfTen(power)
        } else {
            return nil
        }
    }
    guard places <= 18 else { return nil }
    let (scaledDivisor, overflow) = divisor.multipliedReportingOverflow(by: powerOfTen(places))
    guard !overflow else { return nil }
    let product = mantissa.multipliedFullWidth(by: factor)
    guard product.high < scaledDivisor else { return nil }
    let (quotient, remainder) = scaledDivisor.dividingFullWidth(product)
    let rounded = remainder == 0 ? quotient : quotient &+ 1
    return Int64(exactly: rounded)
}

/// Reads a duration as Go writes it (`60s`, `1h30m`, `500ms`), with days and weeks besides, in whole seconds rounded up.
/// A bare number is seconds.
func parseDuration(_ text: String) -> Int64? {
    var bytes = Substring(text).utf8
    guard !bytes.isEmpty else { return nil }
    var milliseconds: Int64 = 0
    while !bytes.isEmpty {
        guard let (mantissa, places) = takeDecimal(&bytes), places <= 9 else { return nil }
        let letters = bytes.prefix { $0 >= UInt8(ascii: "a") && $0 <= UInt8(ascii: "z") }
        let unit = String(Substring(letters))
        bytes = bytes[letters.endIndex...]
        guard let scale = durations[unit], unit != "" || bytes.isEmpty else { return nil }
        let (product, overflow) = mantissa.multipliedReportingOverflow(by: scale)
        guard !overflow, let part = Int64(exactly: product / powerOfTen(places)) else { return nil }
        let (sum, sumOverflow) = milliseconds.addingReportingOverflow(part)
        guard !sumOverflow, sum < .max - 999 else { return nil }
        milliseconds = sum
    }
    return (milliseconds + 999) / 1000
}

private let scales: [String: UInt64] = [
    "k": 1000, "K": 1000, "M": 1_000_000, "G": 1_000_000_000, "T": 1_000_000_000_000, "P": 1_000_000_000_000_000,
    "E": 1_000_000_000_000_000_000, "Ki": 1 << 10, "Mi": 1 << 20, "Gi": 1 << 30, "Ti": 1 << 40, "Pi": 1 << 50,
    "Ei": 1 << 60,
]

/// Milliseconds.
private let durations: [String: UInt64] = [
    "": 1000, "ms": 1, "s": 1000, "m": 60_000, "h": 3_600_000, "d": 86_400_000, "w": 604_800_000,
]

private func powerOfTen(_ power: Int) -> UInt64 { (0..<power).reduce(1) { value, _ in value * 10 } }

/// Takes digits, perhaps with a point among them, off the front: all digits as one number, and how many follow the point.
private func takeDecimal(_ bytes: inout Substring.UTF8View) -> (mantissa: UInt64, places: Int)? {
    var mantissa: UInt64 = 0
    var places = 0
    var digits = 0
    var hasPoint = false
    while let byte = bytes.first {
        if byte == UInt8(ascii: "."), !hasPoint {
            hasPoint = true
        } else if byte >= UInt8(ascii: "0"), byte <= UInt8(ascii: "9") {
            let (product, overflow) = mantissa.multipliedReportingOverflow(by: 10)
            let (sum, sumOverflow) = product.addingReportingOverflow(UInt64(byte - UInt8(ascii: "0")))
            guard !overflow, !sumOverflow else { return nil }
            mantissa = sum
            digits += 1
            if hasPoint { places += 1 }
        } else {
            break
        }
        bytes.removeFirst()
    }
    return digits == 0 ? nil : (mantissa, places)
}
