"""A forge of the tests' own: as much of the APIs of GitHub, Forgejo and GitLab as the scripts in deploy/scripts ask.

    forge.py DIRECTORY

Prints its port. Comments are in DIRECTORY/comments.json and may be put there before; packages are files below
DIRECTORY/packages; artifacts are those of DIRECTORY/artifacts.json, each with a file DIRECTORY/ID.zip. While there is a
file DIRECTORY/down, everything is answered with status 500.
"""

import json
import os
import re
import sys
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import parse_qs, urlsplit

directory = sys.argv[1]
TOKENS = {"token bot-token": "rigaud-bot", "token run-token": None, "bot-token": "rigaud-bot", "job-token": None}


def path(name):
    return os.path.join(directory, name)


def load(name, otherwise):
    if not os.path.exists(path(name)):
        return otherwise
    with open(path(name), encoding="utf-8") as file:
        return json.load(file)


def save(name, value):
    with open(path(name), "w", encoding="utf-8") as file:
        json.dump(value, file, indent=1)


class Forge(BaseHTTPRequestHandler):
    def log_message(self, *_):
        pass

    def answer(self, status, value=None, headers=()):
        body = value if isinstance(value, bytes) else b"" if value is None else json.dumps(value).encode()
        self.send_response(status)
        for name, text in headers:
            self.send_header(name, text)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def pages(self, values, wrap=lambda value: value):
        asked = {name: int(text[-1]) for name, text in self.query.items() if name in ("page", "per_page")}
        if self.forge == "forgejo":  # knows no pages of comments
            return self.answer(200, wrap(values))
        size = min(asked.get("per_page", 30), 100)
        start = (asked.get("page", 1) - 1) * size
        self.answer(200, wrap(values[start : start + size]))

    def handle_any(self):
        length = int(self.headers.get("Content-Length") or 0)
        self.body = self.rfile.read(length)
        address = urlsplit(self.path)
        self.query = parse_qs(address.query)
        if os.path.exists(path("down")):
            return self.answer(500, {"message": "down"})
        if address.path.startswith("/storage/"):  # where artifacts really are: wants no token, and is to get none
            if self.headers.get("Authorization"):
                return self.answer(400, {"message": "a token for another host"})
            with open(path(os.path.basename(address.path)), "rb") as file:
                return self.answer(200, file.read())
        token = self.headers.get("Authorization") or self.headers.get("PRIVATE-TOKEN") or self.headers.get("JOB-TOKEN")
        if token not in TOKENS:
            return self.answer(401, {"message": "who are you?"})
        user = TOKENS[token]
        _, self.forge, rest = address.path.split("/", 2)
        for pattern, method in ROUTES:
            match = re.fullmatch(pattern, rest)
            if match:
                return method(self, user, *match.groups())
        self.answer(404, {"message": f"no {self.path}"})

    do_GET = do_POST = do_PATCH = do_PUT = do_DELETE = handle_any

    def who(self, user):
        if user is None:
            return self.answer(403, {"message": "Resource not accessible by integration"})
        self.answer(200, {"username" if self.forge == "gitlab" else "login": user})

    def comments(self, user):
        comments = load("comments.json", [])
        if self.command == "GET":
            return self.pages(comments)
        author = {"username": user} if self.forge == "gitlab" else {"login": user or "github-actions[bot]"}
        comment = {
            "id": max([c["id"] for c in comments], default=0) + 1,
            "author" if self.forge == "gitlab" else "user": author,
            "body": json.loads(self.body)["body"],
        }
        save("comments.json", comments + [comment])
        self.answer(201, comment)

    def comment(self, user, number):
        if self.command != ("PUT" if self.forge == "gitlab" else "PATCH"):
            return self.answer(405)
        comments = load("comments.json", [])
        for comment in comments:
            if comment["id"] == int(number):
                comment["body"] = json.loads(self.body)["body"]
                save("comments.json", comments)
                return self.answer(200, comment)
        self.answer(404)

    def artifacts(self, user):
        named = [a for a in load("artifacts.json", []) if a["name"] == self.query["name"][0]]
        self.pages(named, lambda page: {"total_count": len(named), "artifacts": page})

    def artifact(self, user, number):
        self.answer(302, headers=[("Location", f"http://localhost:{self.server.server_port}/storage/{number}.zip")])

    def package(self, user, name):
        file = path("packages/" + name)
        if self.command == "DELETE":
            if not os.path.exists(file):
                return self.answer(404)
            os.unlink(file)
            return self.answer(204)
        if self.command == "PUT":
            if self.forge == "forgejo" and os.path.exists(file):
                return self.answer(409, {"message": "it is there"})
            os.makedirs(os.path.dirname(file), exist_ok=True)
            with open(file, "wb") as to:
                to.write(self.body)
            return self.answer(201)
        if not os.path.exists(file):
            return self.answer(404)
        with open(file, "rb") as of:
            self.answer(200, of.read())


ROUTES = [
    ("user", Forge.who),
    ("repos/o/r/issues/7/comments", Forge.comments),
    (r"repos/o/r/issues/comments/(\d+)", Forge.comment),
    ("projects/1/merge_requests/7/notes", Forge.comments),
    (r"projects/1/merge_requests/7/notes/(\d+)", Forge.comment),
    ("repos/o/r/actions/artifacts", Forge.artifacts),
    (r"repos/o/r/actions/artifacts/(\d+)/zip", Forge.artifact),
    (r"projects/1/packages/generic/([\w/.-]+)", Forge.package),
    (r"api/packages/o/generic/([\w/.-]+)", Forge.package),
]

server = ThreadingHTTPServer(("127.0.0.1", 0), Forge)
print(server.server_port, flush=True)
server.serve_forever()
