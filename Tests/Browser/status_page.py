"""What a status page owes those who look at it, and the programs that read it."""
import gzip
import http.client
import json
import re
import urllib.parse
import xml.etree.ElementTree as ElementTree

from browser import DARK, DESKTOP, NARROW, PHONE, PHONE_DARK, PLAIN

ALL_VIEWS = (DESKTOP, PHONE, DARK, PHONE_DARK, NARROW, PLAIN)
# Bytes of a page of thirty components.
MOST_BYTES = 60_000
PARTS = "#main h1, #main h2, #main h3, #main h4, .top"


class StatusPage:
    def __init__(self, browser, path):
        self.browser = browser
        self.path = path

    @property
    def url(self):
        return self.browser.origin + self.path

    def get(self, path="", **headers):
        """The answer to a bare request: its status, headers with names in lower case, and body."""
        connection = http.client.HTTPConnection(urllib.parse.urlsplit(self.url).netloc, timeout=10)
        try:
            connection.request("GET", self.path + path, headers={k.replace("_", "-"): v for k, v in headers.items()})
            answer = connection.getresponse()
            return answer.status, {name.lower(): value for name, value in answer.getheaders()}, answer.read()
        finally:
            connection.close()

    def says(self):
        """What the banner says; None while there is no page."""
        status, _, body = self.get()
        found = re.search(r'<section class="banner.*?<h2>(.*?)</h2>', body.decode(), re.DOTALL)
        return found and found[1] if status == 200 else None

    def judge(self, name, views=ALL_VIEWS, texts=()):
        """Looks at the page in each view; every one of texts must be seen as it is, and as nothing else."""
        headings = {}
        for view in views:
            with self.browser.window(view) as page:
                page.goto(self.url)
                self.browser.judge(page, view, name)
                headings[view.name] = page.locator(PARTS).all_inner_texts()
                for text in texts:
                    if page.get_by_text(text, exact=True).count() == 0:
                        self.fault(view, f"does not show {text!r}")
                if page.locator("script, [onclick], [onload], [onerror], main img[src^=http]").count():
                    self.fault(view, "holds markup that nobody of ours wrote")
                if view in (DESKTOP, PHONE):
                    self.browser.judge_keyboard(page, view)
        if len({tuple(found) for found in headings.values()}) > 1:
            self.fault(views[0], f"says something else in some view: {headings}")

    def judge_linked(self, views=(DESKTOP, PHONE, DARK), most=6):
        """One page of each kind that the page links to."""
        with self.browser.window(PLAIN) as page:
            page.goto(self.url)
            links = page.locator("a[href^='/']").evaluate_all("all => all.map(one => one.getAttribute('href'))")
        kinds = {}
        for link in links:
            path = urllib.parse.urlsplit(link).path
            if path.startswith(self.path + "/") and "/feed" not in path:
                kinds.setdefault(path[len(self.path):].split("/")[1], path)
        for kind, path in list(kinds.items())[:most]:
            for view in views:
                with self.browser.window(view) as page:
                    answer = page.goto(self.browser.origin + path)
                    if answer.status != 200:
                        self.fault(view, f"links to {path}, which answers {answer.status}")
                    self.browser.judge(page, view, f"status-{kind}")
                    if view in (DESKTOP, PHONE):
                        self.browser.judge_keyboard(page, view)
        return sorted(kinds)

    def judge_bytes(self):
        """Caching, compression, policy and size of the page as it goes over the wire."""
        status, headers, body = self.get()
        self.expect(status == 200 and headers["content-type"] == "text/html; charset=utf-8", "is no HTML page")
        self.expect(len(body) < MOST_BYTES, f"has {len(body)} bytes")
        self.expect("default-src 'none'" in headers.get("content-security-policy", ""), "has no strict policy")
        self.expect("no-cache" in headers.get("cache-control", "") or "max-age" in headers.get("cache-control", ""),
                    f"tells caches nothing: {headers.get('cache-control')}")
        tag = headers.get("etag", "")
        self.expect(tag.startswith('"'), f"has no strong ETag: {tag!r}")
        self.expect("set-cookie" not in headers, "sets a cookie")
        again = self.get(if_none_match=tag)
        self.expect(again[0] == 304 and not again[2], f"is sent again to who has it: {again[0]}")
        status, headers, packed = self.get(accept_encoding="gzip")
        self.expect(headers.get("content-encoding") == "gzip" and gzip.decompress(packed) == body,
                    "does not come as gzip")
        self.expect("accept-encoding" in headers.get("vary", "").lower(), "does not say that it varies")
        self.expect(self.get("/nothing-of-the-kind")[0] == 404, "answers where there is nothing")

    def judge_feeds(self, titles=()):
        """What programs read; every one of titles stands in both feeds."""
        for path in ("/feed.atom", "/feed.rss"):
            status, headers, body = self.get(path)
            self.expect(status == 200 and "xml" in headers["content-type"], f"has no {path}")
            found = [part.text or "" for part in ElementTree.fromstring(body).iter() if part.tag.endswith("title")]
            for title in titles:
                self.expect(any(title in one.replace("\u2068", "").replace("\u2069", "") for one in found),
                            f"does not tell of {title!r} in {path}: {found}")
        for path in ("/api/v2/summary.json", "/api/v2/status.json", "/api/v2/components.json"):
            status, _, body = self.get(path)
            self.expect(status == 200 and json.loads(body)["page"]["name"] != "", f"has no {path}")

    def fault(self, view, words):
        self.browser.fault(f"{self.path} ({view.name})", words)

    def expect(self, is_so, words):
        if not is_so:
            self.browser.fault(self.path, words)
