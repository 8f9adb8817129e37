"""A team's own pages: by the keyboard and eyes of whoever watches, judged in every view."""
import os
import subprocess

from browser import DARK, DESKTOP, PHONE, PLAIN

VIEWS = (DESKTOP, PHONE, DARK, PLAIN)


class Console:
    """Signed in as $UPBLIT_PERSON, who has $UPBLIT_PASSWORD; page is the window that stays open."""

    def __init__(self, browser, page):
        self.browser = browser
        self.page = page

    def go(self, path):
        self.page.goto(self.browser.origin + path)

    def press(self, words):
        """Presses a button of the main part, and waits for what comes."""
        with self.page.expect_navigation():
            self.page.locator("main").get_by_role("button", name=words, exact=True).click()

    def sign_in(self):
        self.go("/monitors")
        self.page.fill("#f-email", os.environ["UPBLIT_PERSON"])
        self.page.fill("#f-password", "not the password")
        self.press("Sign in")
        self.browser.judge(self.page, DESKTOP, "console-refused")
        if not self.page.url.endswith("/sign-in") or not self.page.get_by_role("alert").count():
            self.browser.fault("/sign-in", "a wrong password is not told of")
        self.page.fill("#f-password", os.environ["UPBLIT_PASSWORD"])
        self.press("Sign in")

    def make_monitor(self, name, url):
        """By the form: first as it can't be, then tried, then saved; returns the monitor's path."""
        self.go("/monitors/new")
        self.page.fill("#f-name", name)
        self.page.fill("#f-check-url", "not an address")
        self.page.fill("#f-interval_s", "5")
        self.press("Save the monitor")
        if self.page.input_value("#f-name") != name:
            self.browser.fault("/monitors/new", "loses what was typed where something is wrong")
        self.browser.judge(self.page, DESKTOP, "console-monitor-refused")
        self.page.fill("#f-check-url", url)
        self.page.fill("#f-timeout_ms", "3000")
        self.press("Test before saving")
        self.browser.judge(self.page, DESKTOP, "console-monitor-tried")
        self.press("Save the monitor")
        return self.page.url.removeprefix(self.browser.origin)

    def make_channel(self, name, receiver):
        """By the form: first as it can't be, then with an address that refuses, then right; returns its path."""
        self.go("/channels")
        self.page.get_by_role("link", name="New channel").click()
        self.page.get_by_role("link", name="Webhook", exact=True).click()
        self.page.fill("#f-name", name)
        self.page.fill("#f-set-url", receiver.address + "/other")
        self.page.fill("#f-set-secret", "too short")
        self.press("Make the channel")
        if self.page.input_value("#f-set-url") != receiver.address + "/other":
            self.browser.fault("/channels/new", "loses what was typed where something is wrong")
        self.browser.judge(self.page, DESKTOP, "console-channel-refused")
        self.page.fill("#f-set-secret", "whsec_" + "MDEyMzQ1Njc4OWFiY2RlZmdoaWprbG1ub3BxcnN0dXY=")
        self.press("Make the channel")
        path = self.page.url.removeprefix(self.browser.origin)
        self.press("Send a test")
        if not self.page.get_by_text("The test was not taken").count() or receiver.messages:
            self.browser.fault(path, "does not tell that a test was refused")
        self.browser.judge(self.page, DESKTOP, "console-channel-not-taken")
        self.go(path + "/edit")
        self.page.fill("#f-set-url", receiver.address + "/told")
        self.page.fill("#f-set-secret", "whsec_" + "MDEyMzQ1Njc4OWFiY2RlZmdoaWprbG1ub3BxcnN0dXY=")
        self.press("Save the changes")
        self.press("Send a test")
        if [message["type"] for message in receiver.messages] != ["incident.opened", "incident.resolved"]:
            self.browser.fault(path, "a test does not arrive as an outage and its end")
        self.browser.judge(self.page, DESKTOP, "console-channel-taken")
        return path

    def enrol(self, region, folder, programs):
        """Makes the one line by the form and runs it; returns the agent that then connects."""
        self.go("/agents/new")
        self.page.fill("#f-region", region)
        self.page.fill("#f-name", region)
        self.press("Make the command")
        command = self.page.locator("#command").inner_text()
        os.makedirs(folder, mode=0o700)
        configuration = os.path.join(folder, "agent.conf")
        with open(configuration, "w") as file:
            file.write(f"state_folder = {folder}/state\nallow_loopback_targets = true\n")
        agent = os.path.join(programs, "upblit-agent")
        made = subprocess.run(
            command.replace("upblit-agent enroll", f"{agent} enroll --config {configuration}"), shell=True,
            capture_output=True, text=True, timeout=30)
        if made.returncode != 0:
            self.browser.fault("/agents/new", f"its command fails: {made.stderr.strip()[-300:]}")
        with open(os.path.join(folder, "agent.log"), "w") as log:
            return subprocess.Popen([agent, "run", "--config", configuration], stdout=log, stderr=log)

    def heading(self):
        """What the banner says, on the page as it stands: nothing is loaded anew."""
        return self.page.locator("main .banner h1, main .banner h2").first.inner_text()

    def judge(self, paths, state):
        """Looks at each page in each view, without and with a keyboard; paths by the names of pictures."""
        for name, path in paths.items():
            for view in VIEWS:
                with self.browser.window(view, state) as page:
                    page.goto(self.browser.origin + path)
                    self.browser.judge(page, view, f"console-{name}")
                    if view is DESKTOP:
                        self.browser.judge_keyboard(page, view)
