"""upb1: a second implementation of the agent's side of the protocol, for tests and load.

Written from Sources/Protocol/README.md alone, and sharing nothing with the Swift sources, so that the two
check each other. Plain Python; only enrolling needs the `cryptography` package (X25519).
"""
import base64
import hashlib
import hmac
import os
import socket
import ssl
import struct
import time

# --- the frames' types ------------------------------------------------------------------------

HELLO, CHALLENGE, AUTH, WELCOME, ENROLL, ENROLLED = 0x01, 0x02, 0x03, 0x04, 0x05, 0x06
ASSIGN_FULL, ASSIGN_DELTA, ASSIGN_ACK = 0x10, 0x11, 0x12
RESULTS, ACK, NACK, CREDIT = 0x20, 0x21, 0x22, 0x23
PROBE_NOW, PROBE_DONE, OVERDUE = 0x30, 0x31, 0x32
TIME_REQ, TIME_RSP = 0x40, 0x41
PING, PONG, ALIVE = 0x50, 0x51, 0x52
KEY_ROTATE, KEY_ROTATED, PINS = 0x60, 0x61, 0x62
GOAWAY, ERROR = 0x7E, 0x7F
TRY, TRIED = 0xB4, 0xB5

RECORDS, SKIP, EVIDENCE = 0, 1, 2


class Refused(Exception):
    """The peer said ERROR or GOAWAY, or did what the protocol forbids."""


# --- fields -----------------------------------------------------------------------------------

def u16(value):
    return struct.pack(">H", value)


def u32(value):
    return struct.pack(">I", value)


def u64(value):
    return struct.pack(">Q", value)


def varint(value):
    out = bytearray()
    while value >= 0x80:
        out.append(value & 0x7F | 0x80)
        value >>= 7
    out.append(value)
    return bytes(out)


def zigzag(value):
    return varint(value * 2 if value >= 0 else -value * 2 - 1)


def prefixed(data):
    return varint(len(data)) + data


def string(text):
    return prefixed(text.encode())


class Reader:
    """Takes a body apart, in the order of its fields."""

    def __init__(self, data):
        self.data, self.at = data, 0

    def take(self, count):
        if self.at + count > len(self.data):
            raise Refused("a body is too short")
        self.at += count
        return self.data[self.at - count:self.at]

    def u8(self):
        return self.take(1)[0]

    def u16(self):
        return struct.unpack(">H", self.take(2))[0]

    def u32(self):
        return struct.unpack(">I", self.take(4))[0]

    def u64(self):
        return struct.unpack(">Q", self.take(8))[0]

    def varint(self):
        value = shift = 0
        while True:
            byte = self.u8()
            value |= (byte & 0x7F) << shift
            if byte < 0x80:
                return value
            shift += 7

    def zigzag(self):
        value = self.varint()
        return value // 2 if value % 2 == 0 else -(value + 1) // 2

    def prefixed(self):
        return self.take(self.varint())

    def string(self):
        return self.prefixed().decode()


# --- frames and keys --------------------------------------------------------------------------

def frame(kind, body):
    return u32(4 + len(body)) + bytes([1, kind, 0, 0]) + body


def tagged(kind, body, key, counter):
    """A frame as it is sent after WELCOME: its tag covers the counter and every byte before it."""
    start = u32(4 + len(body) + 16) + bytes([1, kind, 0, 1]) + body
    return start + hmac.digest(key, u64(counter) + start, "sha256")[:16]


def extract(salt, key):
    return hmac.digest(salt, key, "sha256")


def expand(key, info):
    """HKDF-Expand to 32 bytes."""
    return hmac.digest(key, info + b"\x01", "sha256")


class Keys:
    """What an agent's root gives."""

    def __init__(self, root):
        self.root = root
        self.auth = expand(root, b"upb1 auth")
        self.batch = expand(root, b"upb1 batch")


def derive_root(secret, nonce_a, nonce_c, shared, agent, key_id):
    """A new root: from the token's secret at enrolment, from the old root at rotation."""
    return expand(extract(nonce_a + nonce_c, secret + shared), b"upb1 root" + agent + u32(key_id))


class Token:
    """An enrolment token, from its text."""

    def __init__(self, text):
        text = text.strip()
        if not text.startswith("upb_enr_"):
            raise Refused("not an enrolment token")
        data = text[len("upb_enr_"):]
        data = base64.urlsafe_b64decode(data + "=" * (-len(data) % 4))
        if data[0] != 1 or hashlib.sha256(data[:-4]).digest()[:4] != data[-4:]:
            raise Refused("the token is damaged")
        self.id, self.secret = data[1:17], data[17:49]
        self.pins = [data[50 + 32 * i:82 + 32 * i] for i in range(data[49])]


class Identity:
    """Who an enrolled agent is."""

    def __init__(self, agent, key_id, root, region, provider):
        self.agent, self.key_id, self.keys = agent, key_id, Keys(root)
        self.region, self.provider, self.boot = region, provider, os.urandom(16)


# --- bodies -----------------------------------------------------------------------------------

def hello(agent, key_id, boot, nonce, software, wall_ms=None, features=0, versions=(1, 1)):
    wall_ms = int(time.time() * 1000) if wall_ms is None else wall_ms
    return (b"UPB1" + bytes(versions) + agent + u32(key_id) + boot + nonce + u32(features) + u64(wall_ms)
            + string(software))


def auth_remainder(streams, revision):
    return varint(len(streams)) + b"".join(s + u64(first) + u64(last) for s, first, last in streams) + u64(revision)


def enroll(token, public_key, nonce, binding, hostname, region, provider, software):
    start = (b"UPB1" + token.id + public_key + nonce + string(hostname) + string(region) + string(provider)
             + string(software))
    return start + hmac.digest(token.secret, b"upb1 enrol A" + binding + start, "sha256")


def results(key, *, stream, sequence, agent, key_id, boot, base_ms, kind, count, content,
            offset_ms=0, error_ms=0, revision=0):
    """A whole RESULTS body, signed."""
    start = (stream + u64(sequence) + agent + u32(key_id) + boot + u64(base_ms) + zigzag(offset_ms)
             + varint(error_ms) + varint(revision) + bytes([kind]) + varint(count) + content)
    return start + hmac.digest(key, b"upb1 batch\0" + start, "sha256")


def record(slot, delta_ms, total, *, ok=True, degraded=False, required=False, phases=None, status=None,
           failure=None, days=None, request=None):
    """One record. `total` and `phases` are in 0.1 ms; `failure` is (class, curl code, text)."""
    flags, rest = 0, b""
    if ok:
        flags |= 1
    if degraded:
        flags |= 32
    if phases:
        flags |= 2
        rest += b"".join(map(varint, phases))
    if status is not None:
        flags |= 4
        rest += zigzag(status - 200)
    if failure:
        flags |= 8
        rest += bytes(failure[:2]) + string(failure[2])
    if days is not None:
        flags |= 16
        rest += zigzag(days)
    if request:
        flags |= 128
        rest += prefixed(varint(1) + prefixed(request))
    return bytes([flags]) + varint(slot) + varint(delta_ms) + varint(total) + rest


def skip(first, count, from_ms, to_ms, reason):
    return varint(first) + varint(count) + u64(from_ms) + u64(to_ms) + bytes([reason])


def evidence(stream, sequence, index, parts):
    return (stream + u64(sequence) + varint(index) + varint(len(parts))
            + b"".join(bytes([kind]) + prefixed(data) for kind, data in parts))


def alive(revision, watermark_ms, now_ms, lag_ms=0, canaries=0, steps=0, failing=0, spool=0, dropped=0,
          canary_set_ms=None):
    return (varint(revision) + u64(watermark_ms) + u64(now_ms) + varint(lag_ms) + u16(canaries) + varint(steps)
            + varint(failing) + varint(spool) + varint(dropped)
            + (b"" if canary_set_ms is None else u64(canary_set_ms)))


def end(code, least_ms, most_ms, message):
    """The body of ERROR and GOAWAY."""
    return bytes([code]) + u32(least_ms) + u32(most_ms) + string(message)


# --- a connection -----------------------------------------------------------------------------

class Connection:
    """Frames over TLS 1.3 to a collector whose key is pinned."""

    def __init__(self, host, port, pins):
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
        context.minimum_version = ssl.TLSVersion.TLSv1_3
        context.check_hostname, context.verify_mode = False, ssl.CERT_NONE  # the pin is what counts
        plain = socket.create_connection((host, port), 10)
        plain.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.socket = context.wrap_socket(plain, server_hostname=host)
        self.binding = key_hash(self.socket.getpeercert(binary_form=True))
        if self.binding not in pins:
            raise Refused("the collector's key is not the pinned one")
        self.buffer = bytearray()
        self.key_out = self.key_in = None
        self.sent = self.received = 0

    def close(self):
        self.socket.close()

    def wrap(self, kind, body):
        """The bytes of the next frame: tagged once the session has keys."""
        if self.key_out is None:
            return frame(kind, body)
        self.sent += 1
        return tagged(kind, body, self.key_out, self.sent - 1)

    def send(self, kind, body):
        data = self.wrap(kind, body)
        self.socket.sendall(data)
        return data

    def next_buffered(self):
        """A whole frame that has come already, as (type, body, bytes), or None."""
        if len(self.buffer) < 4:
            return None
        size = 4 + struct.unpack_from(">I", self.buffer)[0]
        if len(self.buffer) < size:
            return None
        data = bytes(self.buffer[:size])
        del self.buffer[:size]
        version, kind, flags = data[4], data[5], data[7]
        if version != 1:
            raise Refused(f"a frame of version {version}")
        if self.key_in is None:
            if flags & 1:
                raise Refused("a tag before the session's keys")
            return kind, data[8:], data
        if not flags & 1:
            raise Refused("a frame without a tag")
        tag = hmac.digest(self.key_in, u64(self.received) + data[:-16], "sha256")[:16]
        if not hmac.compare_digest(tag, data[-16:]):
            raise Refused("a tag is wrong")
        self.received += 1
        return kind, data[8:-16], data

    def receive(self, seconds=10):
        """The next frame, as (type, body, bytes)."""
        self.socket.settimeout(seconds)
        while True:
            got = self.next_buffered()
            if got:
                return got
            data = self.socket.recv(65536)
            if not data:
                raise Refused("the collector closed the connection")
            self.buffer += data

    def expect(self, wanted, seconds=10):
        """The body and bytes of the next frame, which must be of that type."""
        kind, body, data = self.receive(seconds)
        if kind in (ERROR, GOAWAY):
            reader = Reader(body)
            raise Refused(f"code {reader.u8()}, {reader.take(8) and reader.string()}")
        if kind != wanted:
            raise Refused(f"a frame of type {kind:#04x} where {wanted:#04x} was expected")
        return body, data


def key_hash(certificate):
    """SHA-256 of a DER certificate's SubjectPublicKeyInfo."""
    def element(data, at):
        """(content's start, end) of the DER element at `at`."""
        length, start = data[at + 1], at + 2
        if length >= 0x80:
            count = length & 0x7F
            length, start = int.from_bytes(data[start:start + count], "big"), start + count
        return start, start + length

    at, _ = element(certificate, 0)      # Certificate
    at, _ = element(certificate, at)     # TBSCertificate
    if certificate[at] == 0xA0:          # [0] version
        at = element(certificate, at)[1]
    for _ in range(5):                   # serial, signature, issuer, validity, subject
        at = element(certificate, at)[1]
    return hashlib.sha256(certificate[at:element(certificate, at)[1]]).digest()


def enrol(host, port, token, hostname, region="", provider="", software="sender 1"):
    """Uses a token up: a new Identity."""
    from cryptography.hazmat.primitives import serialization
    from cryptography.hazmat.primitives.asymmetric import x25519

    private, nonce_a = x25519.X25519PrivateKey.generate(), os.urandom(32)
    public = private.public_key().public_bytes(serialization.Encoding.Raw, serialization.PublicFormat.Raw)
    connection = Connection(host, port, token.pins)
    try:
        body = enroll(token, public, nonce_a, connection.binding, hostname, region, provider, software)
        sent = connection.send(ENROLL, body)
        answer, _ = connection.expect(ENROLLED)
    finally:
        connection.close()
    reader = Reader(answer[:-32])
    agent, key_id, public_c, nonce_c = reader.take(16), reader.u32(), reader.take(32), reader.take(32)
    region, provider = reader.string(), reader.string()
    shared = private.exchange(x25519.X25519PublicKey.from_public_bytes(public_c))
    root = derive_root(token.secret, nonce_a, nonce_c, shared, agent, key_id)
    code = hmac.digest(root, b"upb1 enrol C" + connection.binding + hashlib.sha256(sent).digest() + answer[:-32],
                       "sha256")
    if not hmac.compare_digest(code, answer[-32:]):
        raise Refused("ENROLLED is not the collector's")
    return Identity(agent, key_id, root, region, provider)


class Session(Connection):
    """An authenticated session; `streams` are (id, first unacked, last assigned)."""

    def __init__(self, host, port, pins, identity, streams=(), revision=0, software="sender 1"):
        super().__init__(host, port, pins)
        keys = identity.keys
        said = self.send(HELLO, hello(identity.agent, identity.key_id, identity.boot, os.urandom(32), software))
        _, challenge = self.expect(CHALLENGE)
        first = hashlib.sha256(said + challenge).digest()
        remainder = auth_remainder(list(streams), revision)
        proof = hmac.digest(keys.auth, b"upb1 A" + first + self.binding + hashlib.sha256(remainder).digest(), "sha256")
        auth = self.send(AUTH, proof + remainder)
        body, _ = self.expect(WELCOME)
        second = hashlib.sha256(first + auth).digest()
        proof = hmac.digest(keys.auth, b"upb1 C" + second + self.binding + hashlib.sha256(body[32:]).digest(), "sha256")
        if not hmac.compare_digest(proof, body[:32]):
            raise Refused("WELCOME is not the collector's")
        reader = Reader(body[32:])
        self.committed = {reader.take(16): (reader.u64(), reader.take(8)) for _ in range(reader.varint())}
        self.credit_bytes, self.credit_batches = reader.u32(), reader.u16()
        self.revision, self.lease_s = reader.u64(), reader.u32()
        key = extract(second, keys.root)
        self.key_out, self.key_in = expand(key, b"upb1 a>c"), expand(key, b"upb1 c>a")
