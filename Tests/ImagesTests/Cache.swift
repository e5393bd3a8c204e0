import Glibc
import Images
import Model
import TestSupport
import Testing

extension FetchSettings {
    /// Those of someone in a hurry.
    static var quick: FetchSettings {
        var settings = FetchSettings()
        settings.pause = .milliseconds(10)
        settings.stall = 20
        settings.connecting = 20
        return settings
    }
}

/// A cache of the test's own.
struct Cache {
    let scratch: ScratchDirectory
    let path: String
    var settings = FetchSettings.quick

    init() throws {
        scratch = try ScratchDirectory()
        path = scratch.path("below/images")
    }

    var store: ImageStore { ImageStore(directory: path, settings: settings) }

    /// What is in it, without the locks, each as `KIND.SUFFIX`: `sha256.img`.
    var contents: [String] {
        get throws {
            try filesIn(path).filter { !$0.hasSuffix(".lock") }.map { name in
                let (dash, dot) = (name.firstIndex(of: "-"), name.firstIndex(of: "."))
                return String(name[..<(dash ?? name.endIndex)] + name[(dot ?? name.endIndex)...])
            }
        }
    }

    func file(_ suffix: String) throws -> String {
        let names = try filesIn(path).filter { $0.hasSuffix(suffix) && !$0.hasSuffix(".part.json") }
        return "\(path)/\(try #require(names.first, "nothing ends in \(suffix)"))"
    }
}

/// The digest that coreutils' program for an algorithm gives.
func checksum(_ algorithm: ChecksumAlgorithm, _ path: String) async throws -> String {
    let result = try await runProcess("\(algorithm.rawValue)sum", ["--binary", path])
    return String(try #require(result.standardOutput.split(separator: " ").first))
}

func failure(_ body: () async throws(ImageError) -> LocalImage) async throws -> ImageError {
    do throws(ImageError) {
        let image = try await body()
        Issue.record("It should have failed, and gave \(image).")
        throw ImageError(.failed, "", "")
    } catch {
        return error
    }
}

func size(of path: String) -> Int64 {
    var information = stat()
    return stat(path, &information) == 0 ? Int64(information.st_size) : -1
}
