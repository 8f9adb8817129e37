"""Proxies: one of HTTP in plain text, one of HTTP over TLS, and one of SOCKS 4 and 4a. Those of HTTP want
digest authentication, the last one the user's name. It prints their three ports, and ends with its standard
input.

usage: odd_proxy.py CERTIFICATE KEY"""

import hashlib
import os
import socket
import socketserver
import ssl
import sys
import threading
import urllib.parse


def md5(text):
    return hashlib.md5(text.encode()).hexdigest()


def relay(one, other):
    """Carries bytes both ways until both sides have ended."""

    def carry(source, sink):
        try:
            while data := source.recv(65536):
                sink.sendall(data)
        except OSError:
            pass
        finally:
            for end, how in ((source, socket.SHUT_RD), (sink, socket.SHUT_WR)):
                try:
                    end.shutdown(how)
                except OSError:
                    pass

    back = threading.Thread(target=carry, args=(other, one), daemon=True)
    back.start()
    carry(one, other)
    back.join()
    other.close()


class Web(socketserver.StreamRequestHandler):
    def handle(self):
        while line := self.rfile.readline():
            method, target, _ = line.decode().split()
            headers = []
            while (header := self.rfile.readline()) not in (b"\r\n", b""):
                headers.append(header)
            if not self.accepts(method, target, headers):
                challenge = 'Digest realm="p", nonce="n1", qop="auth", algorithm=MD5'
                self.answer(f"407 Who\r\nProxy-Authenticate: {challenge}\r\nContent-Length: 0")
                continue
            return self.connect(method, target, headers)

    def answer(self, text):
        self.wfile.write(f"HTTP/1.1 {text}\r\n\r\n".encode())

    def accepts(self, method, target, headers):
        given = [h for h in headers if h.lower().startswith(b"proxy-authorization: digest ")]
        if not given:
            return False
        parts = dict(part.strip().split("=", 1) for part in given[0].decode()[27:].split(","))
        parts = {key: value.strip().strip('"') for key, value in parts.items()}
        first, second = md5("mon:p:pass word"), md5(f"{method}:{parts['uri']}")
        want = md5(f"{first}:n1:{parts['nc']}:{parts['cnonce']}:auth:{second}")
        # Clients name the target whole, or as its origin would be asked.
        fits = target.endswith(parts["uri"])
        return parts["username"] == "mon" and fits and parts["response"] == want

    def connect(self, method, target, headers):
        url = urllib.parse.urlsplit("//" + target if method == "CONNECT" else target)
        try:
            other = socket.create_connection((url.hostname, url.port or 80))
        except OSError:
            return self.answer("502 No\r\nContent-Length: 0")
        if method == "CONNECT":
            self.answer("200 Go")
        else:
            kept = [h for h in headers if not h.lower().startswith(b"proxy-")]
            path = (url.path or "/") + ("?" + url.query if url.query else "")
            other.sendall(f"{method} {path} HTTP/1.1\r\n".encode() + b"".join(kept) + b"\r\n")
        relay(self.request, other)


class Socks(socketserver.StreamRequestHandler):
    def word(self):
        word = b""
        while (byte := self.rfile.read(1)) not in (b"\0", b""):
            word += byte
        return word.decode()

    def handle(self):
        head = self.rfile.read(8)
        if len(head) < 8:
            return
        user = self.word()
        host = socket.inet_ntoa(head[4:])
        # 0.0.0.x says that a name follows (4a).
        if head[4:7] == b"\0\0\0" and head[7]:
            host = self.word()
        if user != "mon":
            return self.wfile.write(b"\0\x5d" + head[2:])
        try:
            other = socket.create_connection((host, int.from_bytes(head[2:4], "big")))
        except OSError:
            return self.wfile.write(b"\0\x5b" + head[2:])
        self.wfile.write(b"\0\x5a" + head[2:])
        relay(self.request, other)


class Server(socketserver.ThreadingTCPServer):
    daemon_threads = True


class SecureServer(Server):
    """Its handshakes are made by the threads of its connections."""

    def finish_request(self, request, address):
        with context.wrap_socket(request, server_side=True) as secure:
            super().finish_request(secure, address)

    def handle_error(self, request, address):
        pass


context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
context.load_cert_chain(sys.argv[1], sys.argv[2])
servers = [Server(("127.0.0.1", 0), Web), SecureServer(("127.0.0.1", 0), Web), Server(("127.0.0.1", 0), Socks)]
for server in servers:
    threading.Thread(target=server.serve_forever, daemon=True).start()
print(*(server.server_address[1] for server in servers), flush=True)
sys.stdin.read()
os._exit(0)
