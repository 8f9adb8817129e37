"""The independent sender at a real collector: enrolment, handshakes, and every frame an agent may send."""
import collections
import os
import time

import upb1

MARKS = {upb1.ACK: "ACK", upb1.NACK: "NACK", upb1.CREDIT: "CREDIT", upb1.PONG: "PONG", upb1.TIME_RSP: "TIME_RSP",
         upb1.ASSIGN_FULL: "ASSIGN_FULL", upb1.ASSIGN_DELTA: "ASSIGN_DELTA", upb1.PING: "PING", upb1.PINS: "PINS",
         upb1.PROBE_NOW: "PROBE_NOW", upb1.KEY_ROTATE: "KEY_ROTATE"}


def now_ms():
    return int(time.time() * 1000)


class Sender:
    def __init__(self, host, port, token):
        self.host, self.port, self.pins = host, port, token.pins
        self.who = upb1.enrol(host, port, token, "sender")
        self.heard = collections.Counter()
        self.stream, self.sequence, self.committed, self.rejected = os.urandom(16), 0, 0, 0
        self.revision, self.slots = 0, []
        self.session = None

    def connect(self):
        stand = (self.stream, self.committed + 1, self.sequence)
        self.session = upb1.Session(self.host, self.port, self.pins, self.who, [stand], self.revision)
        committed, _ = self.session.committed[self.stream]
        if committed != self.committed:
            raise upb1.Refused(f"WELCOME knows {committed} batches, {self.committed} were acked")

    def hear(self, until):
        """Takes frames until `until` is true of one."""
        while True:
            kind, body, _ = self.session.receive(30)
            self.heard[MARKS.get(kind, hex(kind))] += 1
            reader = upb1.Reader(body)
            if kind == upb1.PING:
                self.session.send(upb1.PONG, body)
            elif kind == upb1.ASSIGN_FULL:
                self.assigned(reader)
            elif kind == upb1.ASSIGN_DELTA:  # keeps no targets to apply it to: asks for all of them
                self.session.send(upb1.ASSIGN_ACK, upb1.u64(self.revision) + b"\1")
            elif kind == upb1.ACK:
                stream, self.committed = reader.take(16), reader.u64()
                self.session.credit_bytes, self.session.credit_batches = reader.u32(), reader.u16()
                self.rejected += reader.varint()
            elif kind == upb1.NACK:
                reader.take(24)
                raise upb1.Refused(f"NACK {reader.u8()}: {reader.take(12) and reader.string()}")
            elif kind in (upb1.ERROR, upb1.GOAWAY):
                raise upb1.Refused(f"code {reader.u8()}: {reader.take(8) and reader.string()}")
            if until(kind, body):
                return

    def assigned(self, reader):
        self.revision, part, _ = reader.u64(), reader.varint(), reader.varint()
        if part == 0:
            self.slots = []
        for _ in range(reader.varint()):
            self.slots.append(reader.varint())
            reader.take(17), reader.varint(), reader.varint(), reader.prefixed()
        self.session.send(upb1.ASSIGN_ACK, upb1.u64(self.revision) + b"\0")

    def results(self, kind, count, content, base_ms):
        self.sequence += 1
        body = upb1.results(
            self.who.keys.batch, stream=self.stream, sequence=self.sequence, agent=self.who.agent,
            key_id=self.who.key_id, boot=self.who.boot, base_ms=base_ms, revision=self.revision, kind=kind,
            count=count, content=content)
        while self.sequence - 1 - self.committed >= max(1, self.session.credit_batches):
            self.hear(lambda kind, _: kind == upb1.ACK)
        self.session.send(upb1.RESULTS, body)

    def all_acked(self):
        while self.committed < self.sequence:
            self.hear(lambda kind, _: kind == upb1.ACK)


def run(collector, token_file, count):
    host, _, port = collector.rpartition(":")
    with open(token_file) as file:
        token = upb1.Token(file.read())
    sender = Sender(host.strip("[]"), int(port), token)
    print(f"enrolled as {sender.who.agent.hex()} in {sender.who.region or '(no region)'}")

    handshakes = max(1, count // 20)
    for _ in range(handshakes):
        sender.connect()
        sender.session.close()
    sender.connect()
    while not sender.slots:  # an agent's first assignment comes soon after its first session
        sender.hear(lambda kind, _: kind == upb1.ASSIGN_FULL)
    session, base = sender.session, now_ms() - 60_000
    records = 0
    for i in range(count):
        stamp = upb1.u64(now_ms())
        session.send(upb1.TIME_REQ, stamp)
        sender.hear(lambda kind, body: kind == upb1.TIME_RSP and body[:8] == stamp)
        session.send(upb1.PING, upb1.u64(i))
        sender.hear(lambda kind, body: kind == upb1.PONG and body == upb1.u64(i))
        session.send(upb1.ALIVE, upb1.alive(sender.revision, base, now_ms(), spool=i))
        session.send(upb1.ASSIGN_ACK, upb1.u64(sender.revision) + b"\0")
        session.send(upb1.PROBE_DONE, os.urandom(16) + bytes(24))
        if sender.slots:
            session.send(upb1.OVERDUE, upb1.varint(sender.slots[0]) + upb1.varint(1))
            content = b"".join(
                upb1.record(slot, 1, 500 + i, phases=(0, 10, 10, 400), status=200) for slot in sender.slots)
            sender.results(upb1.RECORDS, len(sender.slots), content, base + i * (len(sender.slots) + 1))
            records += len(sender.slots)
        next_sequence = sender.sequence + 1
        sender.results(upb1.SKIP, 0, upb1.skip(next_sequence, 0, base, base, 1), base)
        sender.results(upb1.EVIDENCE, 1, upb1.evidence(sender.stream, 1, 0, [(1, b"127.0.0.1")]), base)
    sender.all_acked()
    session.send(upb1.GOAWAY, upb1.end(7, 0, 0, "done"))
    session.close()
    print(f"{handshakes + 1} handshakes; {sender.sequence} batches acked, {records} records in them, "
          f"{sender.rejected} rejected; heard {dict(sender.heard)}")
    if sender.rejected:
        raise upb1.Refused("records were rejected")
