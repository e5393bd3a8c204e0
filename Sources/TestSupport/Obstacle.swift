import Glibc

/// Runs a script that says on standard error why it cannot do its work; nil where it can. Blocks: for conditions of
/// tests, which are found out once.
package func obstacleToRunning(_ script: String, _ arguments: [String] = []) -> String? {
    do {
        let (input, output) = (try Pipe(), try Pipe())
        defer { for end in [input.reading, input.writing, output.reading] { close(end) } }
        let process: pid_t
        do {
            defer { close(output.writing) }
            process = try spawn(
                script, arguments, environment: nil, directory: nil, input: input.reading, output: output.writing,
                error: output.writing)
        }
        var said: [UInt8] = []
        var byte: UInt8 = 0
        while read(output.reading, &byte, 1) == 1 { said.append(byte) }
        var status: Int32 = 0
        while waitpid(process, &status, 0) < 0 && errno == EINTR {}
        let reason = String(decoding: said, as: UTF8.self).split(separator: "\n").last.map(String.init)
        return status == 0 ? nil : reason ?? "\(script) failed"
    } catch {
        return "\(error)"
    }
}
