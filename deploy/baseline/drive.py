"""drive.py URL COUNT THREADS: asks for URL so many times over kept connections; %d in it is the number.

Every answer must have the line `probe_success 1`: it drives blackbox_exporter. Exits with 1 otherwise.
"""
import http.client
import itertools
import sys
import threading
import urllib.parse


def main(url, count, threads):
    parts = urllib.parse.urlsplit(url)
    path = f"{parts.path}?{parts.query}"
    numbers = iter(range(int(count)))
    lock, failures = threading.Lock(), []

    def work():
        connection = http.client.HTTPConnection(parts.hostname, parts.port, timeout=30)
        while not failures:
            with lock:
                number = next(numbers, None)
            if number is None:
                return
            connection.request("GET", path.replace("%d", str(number)))
            text = connection.getresponse().read().decode()
            if "\nprobe_success 1\n" not in text:
                failures.append(text)

    workers = [threading.Thread(target=work) for _ in itertools.repeat(None, int(threads))]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()
    if failures:
        sys.exit("error: a probe of blackbox_exporter failed:\n" + failures[0][-400:])


if __name__ == "__main__":
    main(*sys.argv[1:])
