"""Random frames of every kind the wire has, each with what it means, for the decoders to be tried on.

A line a frame: NAME, the frame's bytes in hexadecimal, and its fields in the order of the body, parted by
spaces. Identifiers and bytes are in hexadecimal, texts too, behind an "x"; "-" stands for what is absent.
Frames that come after WELCOME are tagged, with KEY_OUT or KEY_IN and a counter for each direction; RESULTS,
ENROLL, ENROLLED and KEY_ROTATED carry codes made with the roots and secrets below.
"""
import hmac
import random

import upb1

ROOT = bytes(range(32))
SECRET = bytes(range(32, 64))
BINDING = bytes(range(64, 96))
KEY_OUT = bytes(range(96, 128))   # agent to collector
KEY_IN = bytes(range(128, 160))   # collector to agent

EDGES = (0, 1, 127, 128, 255, 256, 16383, 16384, 2**31 - 1, 2**31, 2**32 - 1, 2**32, 2**53, 2**63 - 1, 2**63, 2**64 - 1)
WORDS = ("", "a", "frankfurt-1", "größe", "日本", "\u202eabc", "a\tb\r\n", "😀", "'; drop table result; --", "<b>")


class Frames:
    def __init__(self, seed):
        self.random = random.Random(seed)
        self.keys = upb1.Keys(ROOT)
        self.sent = {KEY_OUT: 0, KEY_IN: 0}

    # --- values: edges often, anything else otherwise ---

    def number(self, most, least=0):
        edges = [e for e in EDGES if least <= e <= most] + [least, most]
        return self.random.choice(edges) if self.random.random() < 0.3 else self.random.randint(least, most)

    def signed(self, bits=63):
        return self.number(2**bits - 1) * self.random.choice((1, -1))

    def id(self):
        return self.random.randbytes(16)

    def ms(self):
        return self.number(2**63 - 1)

    def text(self, most):
        word = self.random.choice(WORDS) * self.random.choice((1, 1, 2, 300))
        data = word.encode()[:most]
        return data.decode(errors="ignore")

    def maybe(self, make, chance=0.5):
        return make() if self.random.random() < chance else None

    def plain(self, kind, body):
        return upb1.frame(kind, body)

    def up(self, kind, body):
        return self.tag(kind, body, KEY_OUT)

    def down(self, kind, body):
        return self.tag(kind, body, KEY_IN)

    def tag(self, kind, body, key):
        data = upb1.tagged(kind, body, key, self.sent[key])
        self.sent[key] += 1
        return data

    # --- the kinds: (frame, fields) ---

    def hello(self):
        low = self.number(255, 1)
        f = [low, self.number(255, low), self.id(), self.number(2**32 - 1), self.id(), self.random.randbytes(32),
             self.number(2**32 - 1), self.ms(), self.text(64)]
        body = upb1.hello(f[2], f[3], f[4], f[5], f[8], f[7], f[6], (f[0], f[1]))
        return self.plain(upb1.HELLO, body), f

    def challenge(self):
        f = [self.number(255), self.number(2**32 - 1), self.id(), self.id(), self.random.randbytes(32), self.ms()]
        return self.plain(upb1.CHALLENGE, bytes([f[0]]) + upb1.u32(f[1]) + f[2] + f[3] + f[4] + upb1.u64(f[5])), f

    def auth(self):
        proof, revision = self.random.randbytes(32), self.number(2**64 - 1)
        streams = [(self.id(), self.number(2**64 - 1), self.number(2**64 - 1)) for _ in range(self.number(16))]
        body = proof + upb1.auth_remainder(streams, revision)
        return self.plain(upb1.AUTH, body), [proof, len(streams), *(x for s in streams for x in s), revision]

    def welcome(self):
        proof = self.random.randbytes(32)
        streams = [(self.id(), self.number(2**64 - 1), self.random.randbytes(8)) for _ in range(self.number(16))]
        rest = [self.number(2**32 - 1), self.number(65535), self.number(2**64 - 1), self.number(2**32 - 1),
                self.ms(), self.ms(), self.text(64)]
        body = (proof + upb1.varint(len(streams)) + b"".join(s + upb1.u64(c) + d for s, c, d in streams)
                + upb1.u32(rest[0]) + upb1.u16(rest[1]) + upb1.u64(rest[2]) + upb1.u32(rest[3])
                + upb1.u64(rest[4]) + upb1.u64(rest[5]) + upb1.string(rest[6]))
        return self.plain(upb1.WELCOME, body), [proof, len(streams), *(x for s in streams for x in s), *rest]

    def enroll(self):
        token = upb1.Token.__new__(upb1.Token)
        token.id, token.secret = self.id(), SECRET
        f = [self.random.randbytes(32), self.random.randbytes(32)] + [self.text(64) for _ in range(4)]
        body = upb1.enroll(token, f[0], f[1], BINDING, *f[2:])
        return self.plain(upb1.ENROLL, body), [token.id, *f]

    def enrolled(self):
        f = [self.id(), self.number(2**32 - 1), self.random.randbytes(32), self.random.randbytes(32),
             self.text(64), self.text(64)]
        start = f[0] + upb1.u32(f[1]) + f[2] + f[3] + upb1.string(f[4]) + upb1.string(f[5])
        # the code also covers an ENROLL frame; here it is one byte
        code = hmac.digest(ROOT, b"upb1 enrol C" + BINDING + upb1.hashlib.sha256(b"E").digest() + start, "sha256")
        return self.plain(upb1.ENROLLED, start + code), f

    def target(self, slot=None):
        """The bytes and the fields of one target; an option that has its default may be left out or not."""
        slot, monitor = self.number(2**64 - 1) if slot is None else slot, self.id()
        interval, timeout = self.number(2**32 - 1, 1), self.number(2**32 - 1, 1)
        phase = self.number(2**32 - 1)
        options = {1: upb1.varint(phase)} if phase or self.random.random() < 0.5 else {}
        family = self.random.choice((0, 4, 6, 10))
        if family or self.random.random() < 0.2:
            options[12] = upb1.varint(family)
        slow = self.maybe(lambda: self.number(2**32 - 1))
        if slow is not None:
            options[13] = upb1.varint(slow)
        if self.random.random() < 0.5:
            kind, fields = 1, self.http(options, family, slow)
        else:
            kind, host, port = self.random.choice((2, 64)), self.text(60) or "h", self.number(65535, 1)
            options[2], options[3] = host.encode(), upb1.varint(port)
            fields = [host, port, family, slow]
        if self.random.random() < 0.3:
            options[self.number(2**64 - 1, 64)] = self.random.randbytes(5)  # of a later version: skipped
        data = upb1.varint(len(options)) + b"".join(
            upb1.varint(key) + upb1.prefixed(options[key]) for key in sorted(options))
        return (upb1.varint(slot) + monitor + bytes([kind]) + upb1.varint(interval) + upb1.varint(timeout)
                + upb1.prefixed(data)), [slot, monitor, kind, interval, timeout, phase, *fields]

    def http(self, options, family, slow):
        url = "http://" + (self.text(40) or "host")
        options[2] = url.encode()
        method = self.random.choice(("GET", "HEAD", "POST"))
        if method != "GET" or self.random.random() < 0.2:
            options[4] = method.encode()
        headers = [(self.text(20), self.text(40)) for _ in range(self.number(3))]
        if headers:
            options[5] = upb1.varint(len(headers)) + b"".join(upb1.string(n) + upb1.string(v) for n, v in headers)
        body = self.random.randbytes(self.number(20))
        if body:
            options[6] = body
        ranges = [(200, 399)]
        if self.random.random() < 0.5:
            lows = [self.number(998) for _ in range(self.number(3, 1))]
            ranges = [(low, self.number(999, low)) for low in lows]
            options[7] = upb1.varint(len(ranges)) + b"".join(upb1.varint(a) + upb1.varint(b) for a, b in ranges)
        redirects, limit = 10, 1 << 20
        if self.random.random() < 0.5:
            redirects, limit = self.number(2**32 - 1), self.number(2**32 - 1)
            options[8], options[11] = upb1.varint(redirects), upb1.varint(limit)
        contains = [self.text(50) for _ in range(self.number(2))]
        absent = [self.text(50) for _ in range(self.number(2))]
        for key, texts in ((9, contains), (10, absent)):
            if texts:
                options[key] = upb1.varint(len(texts)) + b"".join(map(upb1.string, texts))
        days = self.maybe(lambda: self.number(2**32 - 1))
        if days is not None:
            options[14] = upb1.varint(days)
        return [url, method, len(headers), *(x for h in headers for x in h), body, len(ranges),
                *(x for r in ranges for x in r), redirects, len(contains), *contains, len(absent), *absent, limit,
                family, slow, days]

    def targets(self):
        pairs = [self.target() for _ in range(self.number(4))]
        return (upb1.varint(len(pairs)) + b"".join(data for data, _ in pairs),
                [len(pairs), *(x for _, fields in pairs for x in fields)])

    def assign_full(self):
        parts = self.number(2**32 - 1, 1)
        revision, part = self.number(2**64 - 1), self.number(parts - 1)
        data, fields = self.targets()
        body = upb1.u64(revision) + upb1.varint(part) + upb1.varint(parts) + data
        return self.down(upb1.ASSIGN_FULL, body), [revision, part, parts, *fields]

    def assign_delta(self):
        base, revision = self.number(2**64 - 1), self.number(2**64 - 1)
        data, fields = self.targets()
        slots = [self.number(2**64 - 1) for _ in range(self.number(5))]
        body = upb1.u64(base) + upb1.u64(revision) + data + upb1.varint(len(slots)) + b"".join(map(upb1.varint, slots))
        return self.down(upb1.ASSIGN_DELTA, body), [base, revision, *fields, len(slots), *slots]

    def assign_ack(self):
        f = [self.number(2**64 - 1), self.number(2)]
        return self.up(upb1.ASSIGN_ACK, upb1.u64(f[0]) + bytes([f[1]])), f

    def header(self):
        return dict(stream=self.id(), sequence=self.number(2**63 - 1, 1), agent=self.id(),
                    key_id=self.number(2**32 - 1), boot=self.id(), base_ms=self.number(2**62),
                    offset_ms=self.signed(), error_ms=self.number(2**64 - 1), revision=self.number(2**64 - 1))

    def results(self, kind, count, content, fields):
        h = self.header()
        body = upb1.results(self.keys.batch, kind=kind, count=count, content=content, **h)
        return self.up(upb1.RESULTS, body), [*h.values(), kind, count, *fields]

    def record(self, slot=None):
        """The bytes and the fields of one record that is within the protocol's ranges."""
        ok = self.random.random() < 0.6
        degraded = ok and self.random.random() < 0.3
        most = 2**31 - 1
        phases = self.maybe(lambda: sorted(self.number(most) for _ in range(4)))
        status = self.maybe(lambda: self.number(999))
        failure = None
        if not ok or (degraded and self.random.random() < 0.5):
            failure = (self.number(9, 1), self.number(255), self.text(255))
        days = self.maybe(lambda: self.signed(31), 0.3)
        request = self.maybe(self.id, 0.2)
        slot = self.number(2**64 - 1) if slot is None else slot
        delta, total = self.number(2**40), self.number(most)
        data = upb1.record(slot, delta, total, ok=ok, degraded=degraded, phases=phases, status=status,
                           failure=failure, days=days, request=request)
        return data, [slot, delta, total, "degraded" if degraded else "up" if ok else "failed",
                      *(phases or [None]), status, *(failure or [None]), days, request]

    def records(self):
        pairs = [self.record() for _ in range(self.number(20, 1))]
        return self.results(upb1.RECORDS, len(pairs), b"".join(data for data, _ in pairs),
                            [x for _, fields in pairs for x in fields])

    def skip(self):
        f = [self.number(2**64 - 1, 1), self.number(2**64 - 1), self.ms(), self.ms(), self.number(5, 1)]
        return self.results(upb1.SKIP, 0, upb1.skip(*f), f)

    def evidence(self):
        items = [(self.id(), self.number(2**64 - 1), self.number(2**64 - 1),
                  [(self.number(255), self.random.randbytes(self.number(300))) for _ in range(self.number(4))])
                 for _ in range(self.number(4, 1))]
        fields = [x for stream, sequence, index, parts in items
                  for x in (stream, sequence, index, len(parts), *(y for part in parts for y in part))]
        return self.results(upb1.EVIDENCE, len(items), b"".join(upb1.evidence(*item) for item in items), fields)

    def ack(self):
        f = [self.id(), self.number(2**64 - 1), self.number(2**32 - 1), self.number(65535), self.number(2**64 - 1)]
        return self.down(upb1.ACK, f[0] + upb1.u64(f[1]) + upb1.u32(f[2]) + upb1.u16(f[3]) + upb1.varint(f[4])), f

    def nack(self):
        f = [self.id(), self.number(2**64 - 1), self.number(8, 1), self.number(2**64 - 1), self.number(2**32 - 1),
             self.text(255)]
        body = f[0] + upb1.u64(f[1]) + bytes([f[2]]) + upb1.u64(f[3]) + upb1.u32(f[4]) + upb1.string(f[5])
        return self.down(upb1.NACK, body), f

    def credit(self):
        f = [self.number(2**32 - 1), self.number(65535)]
        return self.down(upb1.CREDIT, upb1.u32(f[0]) + upb1.u16(f[1])), f

    def probe_now(self):
        request, deadline = self.id(), self.ms()
        data, fields = self.target()
        return self.down(upb1.PROBE_NOW, request + data + upb1.u64(deadline)), [request, *fields, deadline]

    def probe_done(self):
        f = [self.id(), self.id(), self.number(2**64 - 1)]
        return self.up(upb1.PROBE_DONE, f[0] + f[1] + upb1.u64(f[2])), f

    def try_check(self):
        request, deadline = self.id(), self.number(120_000, 1)
        data, fields = self.target(slot=0)
        return self.down(upb1.TRY, request + data + upb1.u64(deadline)), [request, *fields, deadline]

    def tried(self):
        request, attempts = self.id(), self.random.randbytes(self.number(4096))
        data, fields = self.record(slot=0)
        body = request + upb1.prefixed(data) + upb1.prefixed(attempts)
        return self.up(upb1.TRIED, body), [request, *fields, attempts]

    def overdue(self):
        f = [self.number(2**64 - 1), self.number(2**64 - 1)]
        return self.up(upb1.OVERDUE, upb1.varint(f[0]) + upb1.varint(f[1])), f

    def alive(self):
        f = [self.number(2**64 - 1), self.ms(), self.ms(), self.number(2**64 - 1), self.number(65535)]
        f += [self.number(2**64 - 1) for _ in range(4)]
        began = self.maybe(self.ms)  # absent in the frame of an older agent
        return self.up(upb1.ALIVE, upb1.alive(*f, began)), [*f, began or 0]

    def time_request(self):
        f = [self.ms()]
        return self.up(upb1.TIME_REQ, upb1.u64(f[0])), f

    def time_response(self):
        f = [self.ms(), self.ms(), self.ms()]
        return self.down(upb1.TIME_RSP, b"".join(map(upb1.u64, f))), f

    def ping(self):
        f = [self.number(2**64 - 1)]
        return self.up(upb1.PING, upb1.u64(f[0])), f

    def pong(self):
        f = [self.number(2**64 - 1)]
        return self.down(upb1.PONG, upb1.u64(f[0])), f

    def key_rotate(self):
        f = [self.number(2**32 - 1), self.random.randbytes(32), self.random.randbytes(32)]
        return self.down(upb1.KEY_ROTATE, upb1.u32(f[0]) + f[1] + f[2]), f

    def key_rotated(self):
        f = [self.number(2**32 - 1), self.random.randbytes(32), self.random.randbytes(32)]
        start = upb1.u32(f[0]) + f[1] + f[2]
        # the code also covers KEY_ROTATE's body; here it is one byte
        return self.up(upb1.KEY_ROTATED, start + hmac.digest(ROOT, b"upb1 rot" + b"R" + start, "sha256")), f

    def pins(self):
        f = [self.random.randbytes(32) for _ in range(self.number(2, 1))]
        return self.down(upb1.PINS, bytes([len(f)]) + b"".join(f)), [len(f), *f]

    def going(self):
        least = self.number(2**32 - 1)
        return [self.number(255), least, self.number(2**32 - 1, least), self.text(255)]

    def go_away(self):
        f = self.going()
        return self.down(upb1.GOAWAY, upb1.end(*f)), f

    def error(self):
        f = self.going()
        return self.up(upb1.ERROR, upb1.end(*f)), f


KINDS = ("hello", "challenge", "auth", "welcome", "enroll", "enrolled", "assign_full", "assign_delta", "assign_ack",
         "records", "skip", "evidence", "ack", "nack", "credit", "probe_now", "probe_done", "overdue", "alive",
         "time_request", "time_response", "ping", "pong", "key_rotate", "key_rotated", "pins", "go_away", "error",
         "try_check", "tried")


def word(value):
    if value is None:
        return "-"
    if isinstance(value, bytes):
        return value.hex() or "-"
    if isinstance(value, str):
        return value if value in ("up", "degraded", "failed") else "x" + value.encode().hex()
    return str(value)


def lines(count, seed):
    """`count` frames of every kind."""
    frames = Frames(seed)
    for _ in range(count):
        for kind in KINDS:
            data, fields = getattr(frames, kind)()
            yield " ".join([kind, data.hex(), *map(word, fields)])
