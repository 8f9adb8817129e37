"""The agents' side of the ingest figure: ten agents that send signed batches as fast as credit allows.

    ingest_load.py enrol --collector HOST:PORT --identities FILE TOKEN_FILE...
    ingest_load.py run   --collector HOST:PORT --identities FILE --rows N --collector-pid PID

`run` connects every agent, takes its assignment, makes and signs all batches of 100 records beforehand, and
then only tags, sends and hears acks, over TLS, from one thread. The first finding of every slot goes ahead, since the
quorum takes it up; once the collector is idle again the rest is sent. It prints one JSON line: rows and seconds from
the first byte sent of that rest to the last ack, and the collector's own CPU (user and system) in that time.
"""
import argparse
import json
import os
import selectors
import ssl
import sys
import time

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "../../Tests/Wire"))
import upb1  # noqa: E402

BATCH = 100


def address(text):
    host, _, port = text.rpartition(":")
    return host.strip("[]"), int(port)


def enrol(options):
    host, port = address(options.collector)
    known = []
    for name in options.tokens:
        with open(name) as file:
            token = upb1.Token(file.read())
        who = upb1.enrol(host, port, token, os.path.basename(name))
        known.append({"agent": who.agent.hex(), "key_id": who.key_id, "root": who.keys.root.hex(),
                      "region": who.region, "provider": who.provider, "pins": [pin.hex() for pin in token.pins]})
    with open(options.identities, "w") as file:
        json.dump(known, file)


class Agent:
    def __init__(self, host, port, known):
        self.who = upb1.Identity(bytes.fromhex(known["agent"]), known["key_id"], bytes.fromhex(known["root"]),
                                 known["region"], known["provider"])
        self.stream, self.slots, self.revision = os.urandom(16), [], 0
        self.session = upb1.Session(host, port, [bytes.fromhex(pin) for pin in known["pins"]], self.who,
                                    [(self.stream, 1, 0)])
        self.bodies, self.sent, self.committed = [], 0, 0
        self.alive()

    def alive(self):
        now = int(time.time() * 1000)
        self.session.send(upb1.ALIVE, upb1.alive(self.revision, now - 1000, now))

    def take_assignment(self):
        end = time.monotonic() + 60
        while not self.slots:
            if time.monotonic() > end:
                sys.exit(f"the collector gave nothing to probe to the agent of {self.who.region} within a minute")
            self.hear(*self.session.receive(60)[:2])

    def hear(self, kind, body):
        reader = upb1.Reader(body)
        if kind == upb1.PING:
            self.session.send(upb1.PONG, body)
        elif kind == upb1.ASSIGN_FULL:
            self.revision, part, _ = reader.u64(), reader.varint(), reader.varint()
            if part == 0:
                self.slots = []
            for _ in range(reader.varint()):
                self.slots.append(reader.varint())
                reader.take(17), reader.varint(), reader.varint(), reader.prefixed()
            self.session.send(upb1.ASSIGN_ACK, upb1.u64(self.revision) + b"\0")
        elif kind == upb1.ASSIGN_DELTA:  # keeps no targets to apply it to: asks for all of them
            self.session.send(upb1.ASSIGN_ACK, upb1.u64(self.revision) + b"\1")
        elif kind == upb1.ACK:
            reader.take(16)
            self.committed = max(self.committed, reader.u64())
            self.session.credit_bytes, self.session.credit_batches = reader.u32(), reader.u16()
            if reader.varint():
                raise upb1.Refused("records were rejected")
        elif kind == upb1.CREDIT:
            self.session.credit_bytes, self.session.credit_batches = reader.u32(), reader.u16()
        elif kind == upb1.NACK:
            reader.take(24)
            raise upb1.Refused(f"NACK {reader.u8()}: {reader.take(12) and reader.string()}")
        elif kind in (upb1.ERROR, upb1.GOAWAY):
            raise upb1.Refused(f"code {reader.u8()}: {reader.take(8) and reader.string()}")

    def prepare(self, rows, base_ms):
        """Signs its batches. Each goes round the slots; a whole round is 100 ms of probing."""
        step = max(1, len(self.slots) // BATCH)
        for number in range(rows // BATCH):
            turn, part = divmod(number, step)
            slots = self.slots[part * BATCH:part * BATCH + BATCH]
            content = b"".join(
                upb1.record(slot, 0, 40_000 + (number * 7919 + i) % 5_000, phases=(2, 9, 9, 39_000 + i), status=200)
                for i, slot in enumerate(slots))
            self.bodies.append(upb1.results(
                self.who.keys.batch, stream=self.stream, sequence=number + 1, agent=self.who.agent,
                key_id=self.who.key_id, boot=self.who.boot, base_ms=base_ms + turn * 100 + part, kind=upb1.RECORDS,
                count=len(slots), content=content, revision=self.revision))
        self.limit = len(self.bodies)

    def push(self):
        """Sends what credit allows, in one write."""
        bodies, room = [], self.session.credit_bytes
        while self.sent < self.limit and self.sent - self.committed < self.session.credit_batches:
            body = self.bodies[self.sent]
            if bodies and len(body) > room:
                break
            room -= len(body)
            bodies.append(self.session.wrap(upb1.RESULTS, body))
            self.sent += 1
        if bodies:
            data = memoryview(b"".join(bodies))
            while data:
                try:
                    data = data[self.session.socket.send(data):]
                except (ssl.SSLWantWriteError, BlockingIOError):
                    time.sleep(0.001)

    def pull(self):
        """Hears all that has come."""
        while True:
            try:
                data = self.session.socket.recv(65536)
            except (ssl.SSLWantReadError, BlockingIOError):
                break
            if not data:
                raise upb1.Refused("the collector closed the connection")
            self.session.buffer += data
        while got := self.session.next_buffered():
            self.hear(*got[:2])


def process_cpu(pid):
    with open(f"/proc/{pid}/stat") as file:
        fields = file.read().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def deliver(agents, waiting):
    """Sends up to every agent's limit, and waits for the last ack."""
    open_agents = set(agents)
    for agent in agents:
        agent.push()
    while open_agents:
        for key, _ in waiting.select(30) or sys.exit("no ack for 30 s"):
            agent = key.data
            agent.pull()
            agent.push()
            if agent.committed == agent.limit:
                open_agents.discard(agent)


def settle(pid, agents):
    """Waits until the collector has nothing to do, at most a minute; the agents stay alive meanwhile, since silent
    ones would give it something to do."""
    for second in range(60):
        before = process_cpu(pid)
        time.sleep(1)
        if process_cpu(pid) - before < 0.05:
            return
        for agent in agents:
            agent.pull()
            if second % 5 == 4:
                agent.alive()


def run(options):
    host, port = address(options.collector)
    with open(options.identities) as file:
        agents = [Agent(host, port, known) for known in json.load(file)]
    for agent in agents:
        agent.take_assignment()
    base_ms = int(time.time() * 1000) - 1000
    for agent in agents:
        agent.prepare(options.rows // len(agents), base_ms)
        agent.alive()
        agent.session.socket.setblocking(False)
    rows = sum(len(agent.bodies) for agent in agents) * BATCH
    waiting = selectors.DefaultSelector()
    for agent in agents:
        waiting.register(agent.session.socket, selectors.EVENT_READ, agent)
    # The first finding of every slot is news that the quorum takes up, once a start of an agent; what is measured
    # is what follows.
    for agent in agents:
        agent.limit = max(1, len(agent.slots) // BATCH)
        rows -= agent.limit * BATCH
    deliver(agents, waiting)
    settle(options.collector_pid, agents)
    for agent in agents:
        agent.limit = len(agent.bodies)
    cpu, own, begun = process_cpu(options.collector_pid), time.process_time(), time.monotonic()
    deliver(agents, waiting)
    wall, cpu = time.monotonic() - begun, process_cpu(options.collector_pid) - cpu
    print(json.dumps({"program": "ingest_load", "agents": len(agents), "rows": rows, "rows_a_batch": BATCH,
                      "wall_s": round(wall, 3), "rows_per_s": round(rows / wall),
                      "collector_cpu_us_per_row": round(cpu * 1e6 / rows, 3),
                      "load_cpu_us_per_row": round((time.process_time() - own) * 1e6 / rows, 3)}))
    for agent in agents:
        agent.session.close()


def main():
    parser = argparse.ArgumentParser(description="Agents that send results as fast as credit allows.")
    commands = parser.add_subparsers(dest="command", required=True)
    for name, action in (("enrol", enrol), ("run", run)):
        command = commands.add_parser(name)
        command.set_defaults(action=action)
        command.add_argument("--collector", required=True)
        command.add_argument("--identities", required=True)
        if name == "enrol":
            command.add_argument("tokens", nargs="+")
        else:
            command.add_argument("--rows", type=int, required=True)
            command.add_argument("--collector-pid", type=int, required=True)
    options = parser.parse_args()
    options.action(options)


if __name__ == "__main__":
    main()
