"""figure.py NAME UNIT AIM LATER OURS BASELINE [KEY=VALUE...]: one figure as a JSON line.

OURS and BASELINE are the runs' values, parted by commas and paired in their order. With a unit of "ratio" the
value is the median of the pairs' ratios; otherwise it is the median of OURS, and BASELINE may be "-".
AIM is to be reached now, LATER in the long run; nothing is asserted.
"""
import json
import os
import statistics
import sys
import time


def numbers(text):
    return [] if text == "-" else [float(value) for value in text.split(",")]


def main(name, unit, aim, later, ours, baseline, *details):
    ours, baseline = numbers(ours), numbers(baseline)
    ratios = [round(a / b, 4) for a, b in zip(ours, baseline) if b]
    value = statistics.median(ratios if unit == "ratio" else ours)
    with open("/proc/loadavg") as file:
        load = float(file.read().split()[0])
    print(json.dumps({
        "figure": name, "value": round(value, 4), "unit": unit, "aim": float(aim), "later": float(later),
        "ours": statistics.median(ours), "baseline": statistics.median(baseline) if baseline else None,
        "runs": len(ours), "ours_runs": ours, "baseline_runs": baseline, "pair_ratios": ratios,
        **dict(detail.split("=", 1) for detail in details),
        "cores": os.cpu_count(), "load_1min": load, "at": time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime()),
    }), flush=True)


if __name__ == "__main__":
    main(*sys.argv[1:])
