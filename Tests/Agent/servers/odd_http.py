"""An HTTP server for tests of authentication, cookies and tokens. It prints its port, and ends with its
standard input."""

import base64
import gzip
import hashlib
import http.server
import json
import os
import socketserver
import sys
import threading
import urllib.parse

TOKENS = {"count": 0, "valid": set()}


class Server(socketserver.ThreadingMixIn, http.server.HTTPServer):
    daemon_threads = True


class Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def log_message(self, *words):
        pass

    def answer(self, status, body=b"", **headers):
        self.send_response(status)
        for name, value in headers.items():
            for one in value if isinstance(value, list) else [value]:
                self.send_header(name.replace("_", "-"), one)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def do_GET(self):
        self.serve(b"")

    def do_POST(self):
        self.serve(self.rfile.read(int(self.headers.get("Content-Length", 0))))

    def serve(self, body):
        path = urllib.parse.urlsplit(self.path)
        name = "serve_" + path.path.strip("/").replace("/", "_")
        getattr(self, name, self.serve_echo)(body, path)

    # What was asked, as text.
    def serve_echo(self, body, path):
        text = f"{self.command} {self.path}\n" + "".join(f"{n}: {v}\n" for n, v in self.headers.items())
        self.answer(200, text.encode() + body)

    def serve_basic(self, body, path):
        good = "Basic " + base64.b64encode(b"mon:pass word").decode()
        if self.headers.get("Authorization") == good:
            return self.answer(200, b"welcome")
        self.answer(401, WWW_Authenticate='Basic realm="x"')

    def serve_digest(self, body, path):
        given = self.headers.get("Authorization", "")
        if not given.startswith("Digest "):
            return self.answer(401, b"who?", WWW_Authenticate='Digest realm="r", nonce="n1", qop="auth"')
        parts = dict(
            (key.strip(), value.strip().strip('"'))
            for key, value in (part.split("=", 1) for part in given[7:].split(", "))
        )
        md5 = lambda text: hashlib.md5(text.encode()).hexdigest()
        first, second = md5("mon:r:pass word"), md5(f"{self.command}:{self.path}")
        want = md5(f"{first}:n1:{parts['nc']}:{parts['cnonce']}:auth:{second}")
        self.answer(200 if want == parts["response"] and parts["username"] == "mon" else 403)

    # A challenge whose answer is looked at for the user and for its connection.
    def serve_ntlm(self, body, path):
        given = self.headers.get("Authorization", "")
        message = base64.b64decode(given[5:]) if given.startswith("NTLM ") else b""
        if message[8:12] == b"\x01\0\0\0":
            self.challenged = True
            flags = 0x00028205
            challenge = b"NTLMSSP\0\x02\0\0\0" + b"\0\0\0\0\x30\0\0\0" + flags.to_bytes(4, "little")
            challenge += b"12345678" + b"\0" * 8 + b"\0\0\0\0\x30\0\0\0"
            text = base64.b64encode(challenge).decode()
            return self.answer(401, WWW_Authenticate="NTLM " + text)
        if message[8:12] == b"\x03\0\0\0" and getattr(self, "challenged", False):
            length = int.from_bytes(message[36:38], "little")
            start = int.from_bytes(message[40:44], "little")
            user = message[start : start + length].replace(b"\0", b"")
            return self.answer(200 if user == b"mon" else 403, user)
        self.answer(401, WWW_Authenticate="NTLM")

    def serve_token(self, body, path):
        form = dict(urllib.parse.parse_qsl(body.decode()))
        query = dict(urllib.parse.parse_qsl(path.query))
        given = self.headers.get("Authorization", "")
        place = "header" if given else "body"
        if given:
            client = base64.b64decode(given[6:]).decode().split(":", 1)
            client = [urllib.parse.unquote_plus(part) for part in client]
        else:
            client = [form.get("client_id"), form.get("client_secret")]
        if query.get("status"):
            return self.answer(int(query["status"]), json.dumps(
                {"error": "invalid_client", "error_description": f"no {client[1]} here"}).encode())
        if query.get("only", place) != place or client != ["me", "s3cr+t &"]:
            return self.answer(401, b'{"error":"invalid_client"}')
        if form.get("grant_type") != "client_credentials":
            return self.answer(400, b'{"error":"unsupported_grant_type"}')
        TOKENS["count"] += 1
        token = f"token-{TOKENS['count']}-{form.get('scope', '')}".replace(" ", ".")
        TOKENS["valid"].add(token)
        answer = {"access_token": token, "token_type": "Bearer"}
        if "lasts" in query:
            answer["expires_in"] = int(query["lasts"])
        self.answer(200, json.dumps(answer).encode())

    def serve_guarded(self, body, path):
        token = self.headers.get("Authorization", "")[7:]
        if token in TOKENS["valid"]:
            return self.answer(200, token.encode())
        self.answer(401, b"not " + token.encode(), WWW_Authenticate="Bearer")

    def serve_revoke(self, body, path):
        TOKENS["valid"].clear()
        self.answer(200)

    def serve_cookie(self, body, path):
        self.answer(302, Location="/cookie/back", Set_Cookie=["a=1; Path=/", "b=two"])

    def serve_cookie_back(self, body, path):
        self.answer(200, self.headers.get("Cookie", "none").encode())

    def serve_away(self, body, path):
        self.answer(302, Location=dict(urllib.parse.parse_qsl(path.query))["to"])

    def serve_gzip(self, body, path):
        query = dict(urllib.parse.parse_qsl(path.query))
        if "gzip" not in self.headers.get("Accept-Encoding", ""):
            return self.answer(200, b"plain and simple")
        packed = gzip.compress(b"plain and simple" * int(query.get("times", 1)))
        packed = packed[: len(packed) - int(query.get("cut", 0))]
        self.answer(200, packed, Content_Encoding=query.get("as", "gzip"))

    # Content with all but the first request of a connection.
    def serve_later(self, body, path):
        self.requests = getattr(self, "requests", 0) + 1
        self.answer(200 if self.requests > 1 else 500)


server = Server(("127.0.0.1", 0), Handler)
threading.Thread(target=server.serve_forever, daemon=True).start()
print(server.server_address[1], flush=True)
sys.stdin.read()
os._exit(0)
