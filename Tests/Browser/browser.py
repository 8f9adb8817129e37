"""A headless Chromium that judges every page it shows: Debian's own, driven by Playwright.

Views differ in width, colours and whether scripts run. A page is at fault if axe-core says so, if it is wider than
its window, writes an error to the console (a breach of its own policy is one), asks for anything elsewhere, or
leaves the keyboard without a visible place. Faults are collected, so that one run tells all of them.
"""
import contextlib
import dataclasses
import os
import re
import urllib.parse

import axe_playwright_python
from playwright.sync_api import sync_playwright

AXE = os.path.join(os.path.dirname(axe_playwright_python.__file__), "axe.min.js")
CHROMIUM = "/usr/bin/chromium"
# What Chromium says of a form that was answered by a page with its mistakes.
REFUSED = re.compile(r"^Failed to load resource: .* status of (401|422) \(")


@dataclasses.dataclass(frozen=True)
class View:
    name: str
    width: int = 1280
    height: int = 900
    dark: bool = False
    scripts: bool = True


PHONE = View("phone", width=390, height=844)
DESKTOP = View("desktop")
DARK = View("dark", dark=True)
PHONE_DARK = View("phone-dark", width=390, height=844, dark=True)
NARROW = View("narrow", width=320, height=640)
PLAIN = View("no-script", scripts=False)


class Browser:
    """faults: sentences, each with the page and the view that it was found in."""

    def __init__(self, origin, pictures):
        self.origin = origin
        self.pictures = pictures
        self.faults = []
        os.makedirs(pictures, exist_ok=True)
        with open(AXE, encoding="utf-8") as file:
            self.axe = file.read()

    def __enter__(self):
        self.playwright = sync_playwright().start()
        # As root Chromium needs to be without its sandbox; all that it is shown is ours.
        arguments = ["--no-sandbox"] if os.geteuid() == 0 else []
        # Containers have little shared memory, and Chromium dies where it ends.
        arguments.append("--disable-dev-shm-usage")
        self.chromium = self.playwright.chromium.launch(executable_path=CHROMIUM, args=arguments)
        return self

    def __exit__(self, *_):
        self.chromium.close()
        self.playwright.stop()

    def fault(self, where, words):
        self.faults.append(f"{where}: {words}")
        print(f"    fault: {where}: {words}", flush=True)

    @contextlib.contextmanager
    def window(self, view, state=None):
        """A page of a context of its own; state is that of another context, with its cookies."""
        context = self.chromium.new_context(
            viewport={"width": view.width, "height": view.height}, java_script_enabled=view.scripts,
            color_scheme="dark" if view.dark else "light", reduced_motion="reduce", storage_state=state)
        context.set_default_timeout(15_000)
        page = context.new_page()
        page.on("console", lambda message: self.hear(page, view, message))
        page.on("pageerror", lambda error: self.fault(f"{self.place(page)} ({view.name})", f"a script failed: {error}"))
        page.on("request", lambda request: self.ask(page, view, request.url))
        try:
            yield page
        finally:
            context.close()

    def hear(self, page, view, message):
        if message.type in ("error", "warning") and not REFUSED.search(message.text):
            self.fault(f"{self.place(page)} ({view.name})", f"the console says: {message.text[:300]}")

    def place(self, page):
        return urllib.parse.urlsplit(page.url).path or page.url

    def ask(self, page, view, url):
        if not url.startswith((self.origin + "/", "data:", "blob:")) and url != self.origin:
            self.fault(f"{self.place(page)} ({view.name})", f"asks for {url}, which is elsewhere")

    def judge(self, page, view, name):
        """Looks at what page shows, and keeps a picture of it under name."""
        where = f"{self.place(page)} ({view.name})"
        page.screenshot(path=os.path.join(self.pictures, f"{name}-{view.name}.png"), full_page=True)
        wide = page.evaluate("document.scrollingElement.scrollWidth - window.innerWidth")
        if wide > 0:
            self.fault(where, f"is {wide} pixels wider than its window")
        if view.scripts:
            self.judge_by_axe(page, where)

    def judge_by_axe(self, page, where):
        page.evaluate(self.axe)
        # Best practices too: they are not law, but each is a place where somebody stumbles.
        found = page.evaluate("axe.run(document, {resultTypes: ['violations']})")
        for violation in found["violations"]:
            nodes = violation["nodes"]
            first = re.sub(r"\s+", " ", nodes[0]["failureSummary"]).strip()
            self.fault(where, f"axe-core: {violation['id']} ({violation['impact']}), {len(nodes)} times, "
                              f"as at {' '.join(map(str, nodes[0]['target']))}: {first[:300]}")

    def judge_keyboard(self, page, view, most=400):
        """Tab passes everything that can be used, each time to a place that is seen and marked; returns how many."""
        where = f"{self.place(page)} ({view.name})"
        for count in range(most):
            page.keyboard.press("Tab")
            stop = page.evaluate(FOCUS)
            if stop is None:
                break
            if not stop["isSeen"] or not stop["isMarked"]:
                self.fault(where, f"the keyboard comes to {stop['name']}, which " + (
                    "shows no sign of it" if stop["isSeen"] else "is out of sight"))
        if count == 0:
            self.fault(where, "the keyboard comes to nothing")
        return count


# What has the keyboard: whether all that may hide it lets it be seen, and whether it looks another way than without.
# Blurred, it stays the place from which Tab goes on.
FOCUS = """() => {
  const at = document.activeElement;
  if (!at || at === document.body) return null;
  const box = at.getBoundingClientRect();
  let {left, top, right, bottom} = box;
  for (let around = at.parentElement; around; around = around.parentElement) {
    if (getComputedStyle(around).overflow === 'visible') continue;
    const edge = around.getBoundingClientRect();
    left = Math.max(left, edge.left), right = Math.min(right, edge.right);
    top = Math.max(top, edge.top), bottom = Math.min(bottom, edge.bottom);
  }
  const look = () => [at, ...at.querySelectorAll('*')].map(part => {
    const style = getComputedStyle(part);
    return [style.outline, style.boxShadow, style.stroke, style.strokeWidth, style.backgroundColor].join();
  }).join();
  const marked = look();
  at.blur();
  return {
    name: (at.tagName + ' ' + (at.getAttribute('aria-label') || at.textContent || at.name || '').trim()).slice(0, 60),
    isSeen: right - left >= 1 && bottom - top >= 1, isMarked: marked !== look()};
}"""
