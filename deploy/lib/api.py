"""api.py: the few calls of /api/v1 that the scripts of deploy/ make many of.

    api.py call METHOD PATH [JSON]                prints the answer
    api.py clear                                  deletes every monitor
    api.py token NAME REGION PROVIDER             prints an enrolment token
    api.py monitors COUNT URL INTERVAL_S [REGION...]
                                                  makes COUNT http monitors; %d in URL is the number
    api.py paused COUNT URL                       makes COUNT that nobody checks

$UPBLIT_SERVER and $UPBLIT_TOKEN say where and as whom.
"""
import http.client
import json
import os
import sys
import urllib.parse


class API:
    def __init__(self):
        url = urllib.parse.urlsplit(os.environ["UPBLIT_SERVER"])
        self.connection = http.client.HTTPConnection(url.hostname, url.port, timeout=30)
        self.headers = {"Authorization": "Bearer " + os.environ["UPBLIT_TOKEN"], "Content-Type": "application/json"}

    def call(self, method, path, body=None):
        try:
            self.connection.request(method, "/api/v1" + path, body and json.dumps(body), self.headers)
            answer = self.connection.getresponse()
            text = answer.read().decode()
        finally:
            # a kept one is closed by the collector once it is idle for a minute; the next call opens it anew
            self.connection.close()
        if answer.status >= 300:
            sys.exit(f"error: {method} {path}: {answer.status} {text}")
        return json.loads(text) if text else None


def call(method, path, body=None):
    print(json.dumps(API().call(method, path, body and json.loads(body))))


def clear():
    api = API()
    while items := api.call("GET", "/monitors?limit=100")["items"]:
        for item in items:
            api.call("DELETE", "/monitors/" + item["id"])


def token(name, region, provider):
    made = API().call("POST", "/enrolment-tokens", {"name": name, "region": region, "provider": provider})
    print(made["token"])


def monitors(count, url, interval, *regions, **more):
    api = API()
    for number in range(int(count)):
        api.call("POST", "/monitors", {
            "name": f"bench {number}", "interval_s": int(interval), "timeout_ms": min(10, int(interval)) * 1000,
            "check": {"kind": "http", "url": url.replace("%d", str(number))}, "regions": list(regions) or None, **more})


def paused(count, url):
    monitors(count, url, 3600, paused=True)


def main():
    command, *arguments = sys.argv[1:]
    {"call": call, "clear": clear, "token": token, "monitors": monitors, "paused": paused}[command](*arguments)


if __name__ == "__main__":
    main()
