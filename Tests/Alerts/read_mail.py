"""Reads mails with Python's own parser and prints what it found as a JSON array.

Standard input holds, for each mail, a line with its length in bytes and then the mail.
"""

import email
import email.policy
import json
import sys


def read(raw):
    message = email.message_from_bytes(raw, policy=email.policy.default)
    defects = [d for part in message.walk() for d in part.defects]
    defects += [d for _, value in message.items() for d in value.defects]
    without = raw.replace(b"\r\n", b"")
    return {
        "headers": [[name, str(value)] for name, value in message.items()],
        "parts": [
            [part.get_content_type(), part.get_content().replace("\r\n", "\n")]
            for part in message.iter_parts()
        ],
        "defects": [str(d) for d in defects],
        "longest": max(len(line) for line in raw.split(b"\r\n")),
        "bare": without.count(b"\n") + without.count(b"\r"),
        "ascii": all(byte < 128 for byte in raw),
    }


found = []
while line := sys.stdin.buffer.readline():
    found.append(read(sys.stdin.buffer.read(int(line))))
json.dump(found, sys.stdout)
