"""Reads XML documents with Python's own parser and prints their elements as a JSON array.

Standard input holds, for each document, a line with its length in bytes and then the document.
"""

import json
import sys
import xml.etree.ElementTree as tree


def read(raw):
    root = tree.fromstring(raw)
    return [[e.tag, "".join(e.itertext()), dict(e.attrib)] for e in root.iter()]


found = []
source = sys.stdin.buffer
while line := source.readline():
    found.append(read(source.read(int(line))))
json.dump(found, sys.stdout)
