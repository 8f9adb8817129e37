"""A gRPC server with the health service, whose messages are written by hand. It prints a port for plain
text and one for TLS, and ends with its standard input.

usage: health_of_grpc.py CERTIFICATE KEY

It must not be named as a module that grpc looks for: then no call is ever answered."""

import os
import sys
from concurrent import futures

import grpc

STATES = {b"": 1, b"good": 1, b"bad": 2, b"lost": 3, b"new": 0}


def check(request, context):
    name = request[2 : 2 + request[1]] if request else b""
    metadata = dict(context.invocation_metadata())
    if name == b"guarded" and metadata.get("x-key") != "open":
        context.abort(grpc.StatusCode.UNAUTHENTICATED, "no key: 100 %")
    if name == b"busy":
        context.abort(grpc.StatusCode.UNAVAILABLE, "try later")
    if name == b"guarded":
        return b"\x08\x01"
    if name not in STATES:
        context.abort(grpc.StatusCode.NOT_FOUND, "unknown service")
    return bytes([8, STATES[name]]) if STATES[name] else b""


def serve(name):
    handlers = {"Check": grpc.unary_unary_rpc_method_handler(check)}
    server = grpc.server(futures.ThreadPoolExecutor(4))
    if name:
        server.add_generic_rpc_handlers((grpc.method_handlers_generic_handler(name, handlers),))
    return server


health = serve("grpc.health.v1.Health")
with open(sys.argv[1], "rb") as certificate, open(sys.argv[2], "rb") as key:
    credentials = grpc.ssl_server_credentials([(key.read(), certificate.read())])
plain = health.add_insecure_port("127.0.0.1:0")
secure = health.add_secure_port("127.0.0.1:0", credentials)
other = serve(None)
bare = other.add_insecure_port("127.0.0.1:0")
health.start()
other.start()
print(plain, secure, bare, flush=True)
sys.stdin.read()
os._exit(0)
