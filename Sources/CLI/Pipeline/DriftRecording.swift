import Glibc
import Model
import Planner
import Reports

/// `--record FILE`: what earlier runs have seen of drifts, read before anything else and written once the hosts are read.
struct DriftRecording {
    let path: String
    private var memory: DriftMemory

    init(_ path: String) throws(Failure) {
        self.path = path
        guard access(path, F_OK) == 0 || errno != ENOENT else {
            memory = DriftMemory()
            return
        }
        guard let bytes = readSmallFile(path, limit: DriftMemory.maximumSize) else {
            throw DriftRecording.failure("\(path) cannot be read as a file of at most 16 MiB.")
        }
        guard access(path, W_OK) == 0 else { throw DriftRecording.unwritable(path, FileTrouble()) }
        do throws(ReportError) {
            memory = try DriftMemory(reading: bytes)
        } catch {
            throw Failure(error.code, error.summary, "\(path): \(error.detail)")
        }
    }

    /// What this run found, in the light of those before it.
    mutating func take(_ inspection: Inspection, _ policy: Policy) throws(Failure) -> [DriftRecord] {
        let plan = inspection.plan
        let rules = plan.ignored.filter { !$0.isExpired }.map { (rule: $0, pattern: FieldPattern($0.path)) }
        let hosts = Dictionary(
            rules.isEmpty ? [] : inspection.objects.map { ($0.address, $0.host) },
            uniquingKeysWith: { first, _ in first })
        let records = memory.record(plan, at: Environment.seconds, isSeen: policy.covers) { address, path in
            rules.contains { rule, pattern in
                address.isMeant(by: rule.address, on: hosts[address] ?? address) && pattern?.matches(path) == true
            }
        }
        do throws(FileTrouble) {
            try replaceFile(at: path, with: memory.bytes, mode: 0o600)
        } catch {
            throw DriftRecording.unwritable(path, error)
        }
        return records
    }

    private static func failure(_ detail: String) -> Failure {
        Failure("drift-memory-unreadable", "What earlier runs remember of drifts cannot be read", detail)
    }

    private static func unwritable(_ path: String, _ trouble: FileTrouble) -> Failure {
        Failure(
            "drift-memory-unwritable", "What this run has seen of drifts cannot be remembered",
            "\(path) could not be written: \(trouble.reason). Give --record a file that can be, or leave it out.")
    }
}
