"""first_day.py SITE PICTURES: a team's first day, by Chromium. Exit status 0: nothing was at fault.

SITE is the folder of deploy/lib/site.py, where trouble is made. $UPBLIT_SERVER and $UPBLIT_TOKEN say where the
collector is and as whom the API is called, $UPBLIT_PERSON and $UPBLIT_PASSWORD who signs in; $UPBLIT_PROGRAMS is the
folder of the agent's program. Two agents are enrolled there; the third enrols on the way.
"""
import os
import signal
import sys
import time

sys.path.insert(0, os.path.join(os.path.dirname(__file__), "../../deploy/lib"))
from api import API  # noqa: E402
from browser import DARK, DESKTOP, PHONE, Browser  # noqa: E402
from console import Console  # noqa: E402
from receiver import Receiver  # noqa: E402
from status_page import StatusPage  # noqa: E402

SHOP = "Shop <b>&\"quoted\"</b> 🛒"
NAMES = {SHOP: "/shop", "אתר ראשי!": "/docs", "Поиск <script>alert(1)</script>": "/api/health", "Café ☕": "/cdn/logo.svg"}
UPDATE = "The database of the shop is gone <i>for now</i>.\nWe bring it back."


def say(words):
    print(f"    {words}", flush=True)


def wait(seconds, words, question):
    """The answer to question as soon as it is a true one."""
    begun = time.monotonic()
    while not (answer := question()):
        if time.monotonic() - begun > seconds:
            sys.exit(f"error: {words}: not within {seconds} s")
        time.sleep(0.2)
    say(f"{words}: after {time.monotonic() - begun:.1f} s")
    return answer


class FirstDay:
    def __init__(self, site, browser):
        self.site = site
        self.browser = browser
        self.api = API()

    def trouble(self, words):
        partial = os.path.join(self.site, "trouble.partial")
        with open(partial, "w") as file:
            file.write(words)
        os.replace(partial, os.path.join(self.site, "trouble"))

    def port(self, name):
        with open(os.path.join(self.site, "ports")) as ports:
            return dict(line.split() for line in ports)[name]

    def run(self):
        with self.browser.window(DESKTOP) as window:
            self.console = Console(self.browser, window)
            self.console.sign_in()
            agent = self.console.enrol("tokyo", os.path.join(self.site, "tokyo"), os.environ["UPBLIT_PROGRAMS"])
            try:
                wait(30, "the page of its enrolment says that the agent has connected",
                     lambda: self.console.page.get_by_text("Connected", exact=True).count() > 0)
                self.browser.judge(window, DESKTOP, "console-agent-connected")
                self.day()
            finally:
                agent.terminate()
                agent.wait()

    def day(self):
        self.monitor = self.console.make_monitor(SHOP, f"http://127.0.0.1:{self.port('http')}{NAMES[SHOP]}")
        self.make_monitors()
        self.receiver = Receiver()
        self.channel = self.console.make_channel("Night <i>shift</i> 🌙", self.receiver)
        page = StatusPage(self.browser, self.find_page())
        wait(60, "the page says that all is well", lambda: page.says() == "All systems operational")
        say("judging it in every view")
        page.judge("status-up", texts=[*NAMES])
        page.judge_bytes()
        self.outage(page)

    def make_monitors(self):
        for name, path in list(NAMES.items())[1:]:
            self.api.call("POST", "/monitors", {
                "name": name, "interval_s": 5, "timeout_ms": 3000,
                "check": {"kind": "http", "url": f"http://127.0.0.1:{self.port('http')}{path}"}})

    def find_page(self):
        """The page that made itself with the first monitor."""
        return "/status/" + self.api.call("GET", "/status-page")["slug"]

    def outage(self, page):
        self.console.go("/")
        wait(30, "the console says that all is well", lambda: "are up" in self.console.heading())
        self.trouble("down /shop\n")
        wait(60, "the console, left open, tells of the outage", lambda: "down" in self.console.heading())
        wait(60, "the page tells of the outage", lambda: page.says() == "Some systems are down")
        wait(30, "the team's own program hears of the outage", lambda: self.receiver.heard("incident.opened", SHOP))
        self.console.go(self.channel)
        wait(10, "the console says that it was told", lambda: self.console.page.get_by_text("Delivered").count() > 0)
        incident = self.api.call("GET", "/incidents?state=open")["items"][0]
        self.api.call("POST", f"/incidents/{incident['id']}/updates", {"status": "identified", "text": UPDATE})
        wait(10, "the page tells the update", lambda: "We bring it back." in page.get()[2].decode())
        self.console.go(f"/incidents/{incident['id']}")
        self.console.press("Acknowledge")
        if not self.api.call("GET", f"/incidents/{incident['id']}")["acknowledged_at"]:
            sys.exit("error: the incident was acknowledged in the console, and the API does not know")
        self.console.judge({
            "overview": "/", "monitors": "/monitors", "monitor": self.monitor, "new": "/monitors/new",
            "incidents": "/incidents", "incident": f"/incidents/{incident['id']}", "agents": "/agents",
            "channels": "/channels", "channel": self.channel, "channel-edit": self.channel + "/edit",
            "channel-new": "/channels/new", "deliveries": "/channels/deliveries",
        }, self.console.page.context.storage_state())
        say("judged the console in every view")
        self.console.go("/")
        page.judge("status-down", texts=[SHOP])
        page.judge_feeds(titles=[SHOP])
        kinds = page.judge_linked()
        say(f"judged what it links to: {', '.join(kinds)}")
        self.trouble("")
        wait(60, "the page tells of its end", lambda: page.says() == "All systems operational")
        wait(30, "the team's own program hears of its end", lambda: self.receiver.heard("incident.resolved", SHOP))
        wait(30, "the console tells of it too", lambda: "are up" in self.console.heading())
        page.judge("status-after", views=(DESKTOP, PHONE, DARK))


def main(site, pictures):
    # ended from outside, it still ends the agent that it started
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
    with Browser(os.environ["UPBLIT_SERVER"], pictures) as browser:
        FirstDay(site, browser).run()
        if browser.faults:
            sys.exit(f"error: {len(browser.faults)} faults")
        say("nothing was at fault")


if __name__ == "__main__":
    main(*sys.argv[1:])
