"""A program of the team's that is told of outages: a small receiver of webhooks."""
import http.server
import json
import threading


class Receiver:
    """Listens on a free port of 127.0.0.1. /told takes what it is sent, anything else refuses it."""

    def __init__(self):
        self.messages = []
        receiver = self

        class Handler(http.server.BaseHTTPRequestHandler):
            def do_POST(self):
                body = self.rfile.read(int(self.headers["content-length"]))
                if self.path == "/told":
                    receiver.messages.append(json.loads(body))
                    self.answer(200, b"thanks")
                else:
                    self.answer(403, b"<b>no</b> such hook")

            def answer(self, status, words):
                self.send_response(status)
                self.send_header("content-length", str(len(words)))
                self.end_headers()
                self.wfile.write(words)

            def log_message(self, *_):
                pass

        self.server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.address = f"http://127.0.0.1:{self.server.server_port}"
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    def heard(self, kind, name):
        """The messages of a kind, such as incident.opened, that tell of the monitor of this name."""
        return [message for message in self.messages
                if message["type"] == kind and message["data"]["monitor"]["name"] == name]
