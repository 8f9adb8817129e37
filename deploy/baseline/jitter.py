"""jitter.py LOG INTERVAL [FROM [TO]]: how evenly a target was probed.

LOG has a line a request, "SECONDS.MICROSECONDS PATH", as target.c writes it; every path is one monitor.
INTERVAL, FROM and TO are seconds. The jitter of two probes of one path that follow each other is how far
the gap between them is from the interval; the drift is how far a path's whole span is from its intervals,
and the median path's is told. Prints one JSON line, times in milliseconds.
"""
import collections
import json
import sys


def quantile(values, q):
    values = sorted(values)
    return round(values[min(len(values) - 1, int(len(values) * q))], 3) if values else None


def main(log, interval, start=0.0, end=float("inf")):
    seen = collections.defaultdict(list)
    with open(log) as lines:
        for line in lines:
            time, _, path = line.strip().partition(" ")
            if path and start <= float(time) < end:
                seen[path].append(float(time))
    deviations, drifts, missed, seconds = [], [], 0, collections.Counter()
    for times in seen.values():
        times.sort()
        seconds.update(int(t) for t in times)
        for earlier, later in zip(times, times[1:]):
            intervals = max(1, round((later - earlier) / interval))
            missed += intervals - 1
            deviations.append(abs(later - earlier - intervals * interval) * 1e3)
        span = times[-1] - times[0]
        if span >= interval:
            drifts.append((span / (round(span / interval) * interval) - 1) * 1e6)
    whole = [seconds[s] for s in range(min(seconds) + 1, max(seconds))] if seconds else []
    print(json.dumps({
        "program": "jitter", "paths": len(seen), "probes": sum(map(len, seen.values())),
        "p50_ms": quantile(deviations, 0.5), "p99_ms": quantile(deviations, 0.99),
        "max_ms": quantile(deviations, 1), "missed": missed, "drift_ppm": quantile(drifts, 0.5),
        "busiest_second_over_mean": round(max(whole) * len(whole) / sum(whole), 3) if sum(whole) else None,
    }))


if __name__ == "__main__":
    main(sys.argv[1], *map(float, sys.argv[2:]))
