/// Writes Prometheus' text exposition format: each metric once, with its help, its type and then its samples.
struct Metrics {
    typealias Labels = [(name: String, value: String)]

    private(set) var text = ""
    /// What every sample has.
    private let common: Labels

    init(_ common: Labels) { self.common = common }

    mutating func gauge(_ name: String, _ help: String, _ samples: [(labels: Labels, value: String)]) {
        guard !samples.isEmpty else { return }
        text += "# HELP \(name) \(help)\n# TYPE \(name) gauge\n"
        for sample in samples {
            let labels = (common + sample.labels).map { "\($0.name)=\"\(Metrics.escaped($0.value))\"" }
            text += "\(name){\(labels.joined(separator: ","))} \(sample.value)\n"
        }
    }

    mutating func gauge(_ name: String, _ help: String, _ value: String) { gauge(name, help, [([], value)]) }
    mutating func gauge(_ name: String, _ help: String, _ value: Int) { gauge(name, help, String(value)) }

    mutating func gauge(_ name: String, _ help: String, by label: String, _ values: [(String, Int)]) {
        gauge(name, help, values.map { ([(label, $0.0)], String($0.1)) })
    }

    private static func escaped(_ value: String) -> String {
        value.replacingScalars { scalar in
            switch scalar {
            case "\\": "\\\\"
            case "\"": "\\\""
            case "\n": "\\n"
            default: nil
            }
        }
    }
}
