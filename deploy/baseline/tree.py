"""tree.py PID...: what the trees of these processes have used and hold.

Prints one JSON line: user and system CPU in seconds, with that of children that have ended, and the
sum of the proportional set sizes in MB, which counts shared pages once.
"""
import json
import os
import sys

TICKS = os.sysconf("SC_CLK_TCK")


def stat(pid):
    """The parent of a process, and the CPU seconds of it and its ended children."""
    with open(f"/proc/{pid}/stat") as file:
        fields = file.read().rpartition(")")[2].split()
    return int(fields[1]), sum(map(int, fields[11:15])) / TICKS


def proportional_bytes(pid):
    with open(f"/proc/{pid}/smaps_rollup") as file:
        return sum(int(line.split()[1]) for line in file if line.startswith("Pss:")) << 10


def main(*roots):
    processes = {}
    for name in filter(str.isdigit, os.listdir("/proc")):
        try:
            processes[int(name)] = stat(name)
        except OSError:
            pass  # it has ended meanwhile
    members, found = set(), {int(root) for root in roots}
    while found:
        members |= found
        found = {pid for pid, (parent, _) in processes.items() if parent in members} - members
    memory = 0
    for pid in members:
        try:
            memory += proportional_bytes(pid)
        except OSError:
            pass
    cpu = sum(processes[pid][1] for pid in members if pid in processes)
    print(json.dumps({"program": "tree", "processes": len(members), "cpu_s": round(cpu, 2),
                      "memory_mb": round(memory / 1e6, 2)}))


if __name__ == "__main__":
    main(*sys.argv[1:])
