"""alert_load.py: how long after its commit an incident reaches a webhook.

    alert_load.py RATE COUNT PORT : RATE incidents a second, COUNT in all, by `psql $UPBLIT_CONNINFO`

Incidents are written as the collector's decisions write them: verdict, incident and notice in one transaction, one
monitor each, at an even pace that does not wait for anything. A receiver on PORT notes when the first byte of each
request comes and answers 204. The moment of a commit is Postgres's own (track_commit_timestamp), taken before it is
flushed. Prints a JSON line; fails where an incident did not arrive, or arrived twice.
"""
import asyncio
import json
import os
import statistics
import subprocess
import sys
import time

INSERT = """
WITH m AS (SELECT key, organization_id, epoch FROM monitor WHERE name = 'bench {number}' AND deleted_at IS NULL),
  v AS (
    INSERT INTO verdict (monitor_key, organization_id, epoch, started_at, decided_at, verdict, policy, tally, votes)
    SELECT key, organization_id, epoch, now(), now(), 'down', '{{"kind": "majority"}}', '{{}}', '[]' FROM m
    RETURNING id, monitor_key, organization_id),
  i AS (
    INSERT INTO incident (organization_id, monitor_key, opening_verdict, started_at, decided_at, severity)
    SELECT organization_id, monitor_key, id, now(), now(), 'down' FROM v RETURNING id, monitor_key, organization_id)
INSERT INTO notice (organization_id, monitor_key, incident_id, verdict_id, step, kind, urgency, verdict, at, created_at,
  body)
SELECT i.organization_id, i.monitor_key, i.id, v.id, 1, 'began', 'page', 'down', now(), now(),
  '{{"monitor": {{"name": "bench {number}", "target": "http://127.0.0.1/"}}, "tally": {{"voting": 3, "down": 3}}}}'
FROM i JOIN v ON v.monitor_key = i.monitor_key;
"""
COMMITS = """SELECT 'inc_' || incident_id, extract(epoch FROM pg_xact_commit_timestamp(xmin)) FROM notice
WHERE incident_id IS NOT NULL"""


class Receiver(asyncio.Protocol):
    """HTTP/1.1 as far as a webhook's sender needs it: whole requests, one after the other."""

    arrived = {}
    twice = 0

    def connection_made(self, transport):
        self.transport = transport
        self.text = b""

    def data_received(self, data):
        if not self.text:
            self.begun = time.time()
        self.text += data
        while True:
            head, end, rest = self.text.partition(b"\r\n\r\n")
            if not end:
                return
            length = next(int(line.split(b":")[1]) for line in head.split(b"\r\n")
                          if line.lower().startswith(b"content-length:"))
            if len(rest) < length:
                return
            self.note(json.loads(rest[:length]))
            self.text = rest[length:]
            self.transport.write(b"HTTP/1.1 204 No Content\r\n\r\n")

    def note(self, body):
        key = body["data"]["incident"]["key"]
        if key in self.arrived:
            Receiver.twice += 1
        self.arrived.setdefault(key, self.begun)


async def main(rate, count, port):
    loop = asyncio.get_running_loop()
    server = await loop.create_server(Receiver, "127.0.0.1", port, backlog=256)
    psql = ["psql", os.environ["UPBLIT_CONNINFO"], "-X", "-q", "-A", "-t", "-F", " ", "-v", "ON_ERROR_STOP=1"]
    # awaited everywhere: this loop also takes the moments at which requests come
    writer = await asyncio.create_subprocess_exec(*psql, stdin=asyncio.subprocess.PIPE)
    begun, late = time.monotonic(), 0
    for number in range(count):
        due = begun + number / rate
        await asyncio.sleep(max(0, due - time.monotonic()))
        late = max(late, time.monotonic() - due)
        writer.stdin.write(INSERT.format(number=number).encode())
        await writer.stdin.drain()
    writer.stdin.close()
    if await writer.wait():
        sys.exit("error: psql failed")
    written = time.monotonic() - begun
    end = time.monotonic() + 60
    while len(Receiver.arrived) < count and time.monotonic() < end:
        await asyncio.sleep(0.05)
    server.close()
    rows = subprocess.run([*psql, "-c", COMMITS], check=True, capture_output=True, text=True).stdout.split("\n")
    commits = {key: float(at) for key, at in (row.split() for row in rows if row)}
    if len(Receiver.arrived) < count or Receiver.twice:
        sys.exit(f"error: {len(Receiver.arrived)} of {count} arrived, {Receiver.twice} twice")
    delays = sorted((Receiver.arrived[key] - at) * 1000 for key, at in commits.items() if key in Receiver.arrived)
    print(json.dumps({
        "program": "alert_load", "incidents": count, "rate": round(count / written, 1),
        "p50_ms": round(statistics.median(delays), 2), "p99_ms": round(delays[len(delays) * 99 // 100], 2),
        "most_ms": round(delays[-1], 2), "latest_write_ms": round(late * 1000, 2)}))


if __name__ == "__main__":
    asyncio.run(main(float(sys.argv[1]), int(sys.argv[2]), int(sys.argv[3])))
