import Git
import Glibc
import TestSupport

/// `git http-backend` behind a small server on the loopback, which can also misbehave.
///
/// Below `/git` are the repositories of a folder, below `/private` the same for who has the password, `/moved` and `/offsite`
/// redirect to the first, on this host and to another name, and `/silent` never answers.
final class HTTPServer: Sendable {
    static let user = "ada"
    static let password = "correct-horse"

    let port: Int
    let scratch: ScratchDirectory
    private let process: ChildProcess

    /// `certificate` is a PEM file of key and certificate, for https.
    init(_ scratch: ScratchDirectory, certificate: String = "") async throws {
        self.scratch = scratch
        process = try ChildProcess(
            "python3",
            ["-u", "-c", HTTPServer.script, scratch.path, certificate, "\(HTTPServer.user):\(HTTPServer.password)"])
        var port: Int?
        for _ in 0..<4000 where port == nil {
            try await Task.sleep(for: .milliseconds(25))
            let output = process.outputSoFar
            port = output.hasSuffix("\n") ? output.split(separator: "\n").first.flatMap { Int($0) } : nil
        }
        guard let port else { throw SystemFailure(because: "The server did not start.") }
        self.port = port
    }

    deinit { process.signal(SIGKILL) }

    func url(_ path: String) -> String { "http://127.0.0.1:\(port)/\(path)" }

    /// The paths that were asked for, in order.
    var requests: [String] {
        get throws {
            guard scratch.exists("requests") else { return [] }
            return try scratch.read("requests").split(separator: "\n").map(String.init)
        }
    }

    private static let script = #"""
        import base64, http.server, os, socketserver, ssl, subprocess, sys, time
        root, certificate, login = sys.argv[1:4]
        expected = "Basic " + base64.b64encode(login.encode()).decode()

        class Handler(http.server.BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"
            def log_message(self, *ignored): pass
            def answer(self, status, headers, body=b""):
                self.send_response(status)
                for name, value in headers: self.send_header(name, value)
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)
            def handle_any(self):
                with open(root + "/requests", "a") as log: log.write(self.path + "\n")
                body = b""
                if self.headers.get("Transfer-Encoding") == "chunked":
                    while True:
                        size = int(self.rfile.readline(), 16)
                        body += self.rfile.read(size)
                        self.rfile.readline()
                        if size == 0: break
                else:
                    body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
                path, _, query = self.path.partition("?")
                _, area, rest = path.split("/", 2)
                if area == "silent":
                    time.sleep(600)
                if area == "moved":
                    return self.answer(302, [("Location", "/git/" + rest + "?" + query)])
                if area == "offsite":
                    host = "localhost:%d" % self.server.server_port
                    return self.answer(302, [("Location", "http://" + host + "/private/" + rest + "?" + query)])
                if area == "private" and self.headers.get("Authorization") != expected:
                    return self.answer(401, [("WWW-Authenticate", 'Basic realm="x"')])
                if area not in ("git", "private"):
                    return self.answer(404, [])
                environment = {
                    "PATH": "/usr/local/bin:/usr/bin:/bin", "HOME": root, "GIT_CONFIG_GLOBAL": "/dev/null",
                    "GIT_PROJECT_ROOT": root, "GIT_HTTP_EXPORT_ALL": "1", "PATH_INFO": "/" + rest,
                    "QUERY_STRING": query, "REQUEST_METHOD": self.command, "REMOTE_ADDR": "127.0.0.1",
                    "CONTENT_TYPE": self.headers.get("Content-Type", ""), "CONTENT_LENGTH": str(len(body)),
                }
                done = subprocess.run(
                    ["git", "http-backend"], input=body, env=environment, stdout=subprocess.PIPE,
                    stderr=subprocess.DEVNULL)
                head, _, content = done.stdout.partition(b"\r\n\r\n")
                headers = [line.split(": ", 1) for line in head.decode().split("\r\n") if line]
                status = next((int(v.split()[0]) for n, v in headers if n == "Status"), 200)
                self.answer(status, [(n, v) for n, v in headers if n != "Status"], content)
            do_GET = do_POST = handle_any

        class Server(socketserver.ThreadingMixIn, http.server.HTTPServer):
            daemon_threads = True

        server = Server(("127.0.0.1", 0), Handler)
        if certificate:
            context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
            context.load_cert_chain(certificate)
            server.socket = context.wrap_socket(server.socket, server_side=True)
        print(server.server_port)
        server.serve_forever()
        """#
}
