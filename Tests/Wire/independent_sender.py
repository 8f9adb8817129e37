"""The independent sender: the protocol's other end in another language, see upb1.py and frames.py.

    independent_sender.py frames [--count 2000] [--seed 1]
        random frames of every kind with their meaning, a line each, for the Swift decoders

    independent_sender.py session --collector HOST:PORT --token-file FILE [--count 2000]
        enrols at a real collector, then sends it COUNT frames of every kind an agent may send in a session,
        and checks every answer that the protocol promises
"""
import argparse
import sys

import frames


def main():
    parser = argparse.ArgumentParser(description="The protocol's other end, in another language.")
    commands = parser.add_subparsers(dest="command", required=True)
    offline = commands.add_parser("frames")
    offline.add_argument("--count", type=int, default=2000)
    offline.add_argument("--seed", type=int, default=1)
    online = commands.add_parser("session")
    online.add_argument("--collector", required=True)
    online.add_argument("--token-file", required=True)
    online.add_argument("--count", type=int, default=2000)
    options = parser.parse_args()
    if options.command == "frames":
        for line in frames.lines(options.count, options.seed):
            sys.stdout.write(line + "\n")
    else:
        import session
        session.run(options.collector, options.token_file, options.count)


if __name__ == "__main__":
    main()
