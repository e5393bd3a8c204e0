#!/usr/bin/env python3
"""Serves files on loopback, and misbehaves as it is told to.

    image-server.py FOLDER [CERTIFICATE KEY [CLIENT-AUTHORITY]]

Prints its port, then a line for each request. It ends when whoever started it has.

The first part of a path lists behaviours, with commas between them; the rest names a file of FOLDER. `once` behaviours
misbehave at the first request for a path, and not again. A `gate` lets a piece through, and the rest when there is a file
`open` beside what is asked for.
"""
import base64
import email.utils
import hashlib
import http.server
import os
import ssl
import sys
import threading
import time

folder = sys.argv[1]
seen = {}
lock = threading.Lock()


class Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def log_message(self, *_):
        pass

    def say(self, status, **fields):
        wanted = ["Range", "If-Range", "If-None-Match", "If-Modified-Since", "X-Token"]
        parts = [f"{name}={self.headers[name]}" for name in wanted if self.headers[name]]
        if self.headers["Authorization"]:
            parts.append("Authorization")
        with lock:
            print(self.command, self.path, status, *parts, flush=True)

    def answer(self, status, body=b"", **headers):
        self.say(status)
        self.send_response(status)
        for name, value in headers.items():
            self.send_header(name.replace("_", "-"), value)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def do_GET(self):
        try:
            self.serve()
        except (BrokenPipeError, ConnectionResetError):
            self.close_connection = True

    def serve(self):
        parts = self.path.split("?")[0].split("/", 2)
        behaviours = parts[1].split(",")
        name = parts[2] if len(parts) > 2 else ""
        with lock:
            seen[self.path] = seen.get(self.path, 0) + 1
            is_first = seen[self.path] == 1
        port = self.server.server_address[1]

        for behaviour in behaviours:
            if behaviour == "basic":
                expected = "Basic " + base64.b64encode(b"reader:open sesame").decode()
                if self.headers["Authorization"] != expected:
                    return self.answer(401, WWW_Authenticate='Basic realm="x"')
            if behaviour == "bearer" and self.headers["Authorization"] != "Bearer open-sesame":
                return self.answer(401)
            if behaviour == "token" and self.headers["X-Token"] != "open sesame":
                return self.answer(403)
            if behaviour.isdigit():
                return self.answer(int(behaviour), b"<html>no</html>")
            if behaviour.startswith("once-") and behaviour[5:].isdigit() and is_first:
                return self.answer(int(behaviour[5:]))
            if behaviour == "to-file":
                return self.answer(302, Location="file:///etc/passwd")
            if behaviour == "to-other":
                page = b"<html><head><title>302 Found</title></head></html>\r\n" * 100
                return self.answer(302, page, Location=f"http://localhost:{port}/plain/{name}")
            if behaviour == "to-http":
                return self.answer(302, Location=f"http://127.0.0.1:1/plain/{name}")
            if behaviour == "to-same":
                return self.answer(307, Location=f"/plain/{name}")
            if behaviour == "round":
                return self.answer(301, Location=self.path)
            if behaviour == "many-headers":
                self.say(200)
                self.wfile.write(b"HTTP/1.1 200 OK\r\n")
                while True:
                    self.wfile.write(b"X-Filler: " + b"x" * 8000 + b"\r\n")
            if behaviour == "endless":
                self.say(200)
                self.send_response(200)
                self.end_headers()
                self.close_connection = True
                while True:
                    self.wfile.write(b"0123456789abcdef " * 1000)

        try:
            with open(os.path.join(folder, name), "rb") as file:
                body = file.read()
                modified = os.fstat(file.fileno()).st_mtime - 1000
        except OSError:
            return self.answer(404)
        tag = '"' + hashlib.sha256(body).hexdigest()[:16] + '"'
        if "wrong" in behaviours or ("once-wrong" in behaviours and is_first):
            body = body[:-1] + bytes([body[-1] ^ 1])
        if "weak" in behaviours:
            tag = "W/" + tag
        date = email.utils.formatdate(modified, usegmt=True)
        has_tag = "no-tag" not in behaviours and "no-validator" not in behaviours
        has_date = "no-validator" not in behaviours and "no-date" not in behaviours

        headers = {}
        if has_tag:
            headers["ETag"] = tag
        if has_date:
            headers["Last-Modified"] = date
        same = [self.headers["If-None-Match"] == tag and has_tag]
        if not self.headers["If-None-Match"]:
            same.append(self.headers["If-Modified-Since"] == date and has_date)
        if any(same):
            return self.answer(304, **headers)

        status, start, sent = 200, 0, body
        wanted = self.headers["Range"]
        if wanted and "no-range" not in behaviours:
            validator = self.headers["If-Range"]
            if "any-range" in behaviours or (validator in [tag, date] and not (validator or "").startswith("W/")):
                start = int(wanted[6:-1])
                if start >= len(body):
                    return self.answer(416, Content_Range=f"bytes */{len(body)}")
                status, sent = 206, body[start:]
                shown = start + 1 if "off-by-one" in behaviours else start
                headers["Content-Range"] = f"bytes {shown}-{len(body) - 1}/{len(body)}"

        self.say(status)
        self.send_response(status)
        for key, value in headers.items():
            self.send_header(key, value)
        is_chunked = "chunked" in behaviours
        if is_chunked:
            self.send_header("Transfer-Encoding", "chunked")
        elif "no-length" in behaviours:
            self.close_connection = True
            self.send_header("Connection", "close")
        else:
            self.send_header("Content-Length", str(len(sent)))
        self.end_headers()

        half = len(sent)
        if "break" in behaviours or ("once-break" in behaviours and is_first):
            half = len(sent) // 2
        piece = 16384 if "slow" in behaviours else 1 << 20
        for offset in range(0, half, piece):
            part = sent[offset:min(half, offset + piece)]
            self.wfile.write(b"%x\r\n%s\r\n" % (len(part), part) if is_chunked else part)
            if "slow" in behaviours:
                time.sleep(0.01)
            while "gate" in behaviours and not os.path.exists(os.path.join(folder, os.path.dirname(name), "open")):
                self.wfile.flush()
                time.sleep(0.02)
            if "stall" in behaviours or ("once-stall" in behaviours and is_first):
                self.wfile.flush()
                time.sleep(20)
        if half < len(sent):
            self.close_connection = True
            return
        if is_chunked:
            self.wfile.write(b"0\r\n\r\n")


class Server(http.server.ThreadingHTTPServer):
    daemon_threads = True

    def handle_error(self, request, client_address):
        pass


server = Server(("127.0.0.1", 0), Handler)
if len(sys.argv) > 3:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(sys.argv[2], sys.argv[3])
    if len(sys.argv) > 4:
        context.verify_mode = ssl.CERT_REQUIRED
        context.load_verify_locations(sys.argv[4])
    server.socket = context.wrap_socket(server.socket, server_side=True)
print(server.server_address[1], flush=True)
threading.Thread(target=server.serve_forever, daemon=True).start()
parent = os.getppid()
while os.getppid() == parent:
    time.sleep(0.2)
