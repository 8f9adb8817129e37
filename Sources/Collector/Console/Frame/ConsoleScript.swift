import Pages

/// The console's one script. Every page works without it: it shows anew what has changed, takes a secret
/// from behind the number sign, and copies.
public enum ConsoleScript {
  /// `console-` and a hash of the content and `.js`: may be kept for ever.
  public static let name = "console-\(ContentHash.text(of: bytes)).js"

  /// The content, UTF-8.
  public static let bytes = Array(text.utf8)

  private static let text = """
    "use strict";
    (() => {
      const parts = () => [...document.querySelectorAll("[data-live]")];
      const organization = document.documentElement.dataset.organization;
      const pause = (ms) => new Promise((resolve) => setTimeout(resolve, ms));

      for (const field of document.querySelectorAll("[data-fragment]")) {
        if (location.hash.length < 2) continue;
        field.value = decodeURIComponent(location.hash.slice(1));
        history.replaceState(null, "", location.pathname + location.search);
      }
      for (const button of document.querySelectorAll("[data-copy]")) {
        if (!navigator.clipboard) continue;
        button.hidden = false;
        button.addEventListener("click", async () => {
          await navigator.clipboard.writeText(document.getElementById(button.dataset.copy).textContent);
          say("Copied");
          button.textContent = "Copied";
        });
      }
      if (parts().length === 0) return;

      function say(words) {
        const place = document.getElementById("said");
        if (words && place.textContent !== words) place.textContent = words;
      }

      // Whoever stands on a link in a part stands on the same link in the new one.
      function show(part, fresh) {
        if (part.innerHTML === fresh.innerHTML) return;
        const held = part.contains(document.activeElement) ? document.activeElement : null;
        const open = [...part.querySelectorAll("details")].map((one) => one.open);
        const key = held && (held.id ? "#" + CSS.escape(held.id)
          : held.getAttribute("href") ? `[href="${CSS.escape(held.getAttribute("href"))}"]` : null);
        part.replaceChildren(...fresh.childNodes);
        part.querySelectorAll("details").forEach((one, index) => { if (open[index]) one.open = true; });
        if (key) part.querySelector(key)?.focus({ preventScroll: true });
        say(part.querySelector("[data-say]")?.textContent);
      }

      let isBusy = false;
      let isAsked = false;
      async function refresh() {
        if (isBusy) { isAsked = true; return; }
        isBusy = true;
        try {
          for (const address of new Set(parts().map((part) => part.dataset.live))) {
            const answer = await fetch(address || location.href, { headers: { accept: "text/html" } });
            if (answer.redirected) { location.reload(); return; }
            if (!answer.ok) continue;
            const page = new DOMParser().parseFromString(await answer.text(), "text/html");
            for (const part of parts()) {
              const fresh = page.getElementById(part.id);
              if (part.dataset.live === address && fresh) show(part, fresh);
            }
          }
        } catch { /* The next look is soon. */ }
        isBusy = false;
        if (isAsked) { isAsked = false; soon(); }
      }
      let timer;
      function soon() {
        clearTimeout(timer);
        timer = setTimeout(refresh, 250);
      }

      function visible() {
        return new Promise((resolve) => {
          const look = () => {
            if (document.hidden) return;
            document.removeEventListener("visibilitychange", look);
            resolve();
          };
          document.addEventListener("visibilitychange", look);
          look();
        });
      }

      // A page that nobody looks at holds no connection: browsers have few to one host.
      async function listen() {
        let last;
        let wait = 1000;
        for (;;) {
          await visible();
          const stop = new AbortController();
          const hide = () => { if (document.hidden) stop.abort(); };
          document.addEventListener("visibilitychange", hide);
          try {
            const headers = { accept: "text/event-stream" };
            if (organization) headers["upblit-organization"] = organization;
            if (last) headers["last-event-id"] = last;
            const answer = await fetch("/api/v1/events", { headers, signal: stop.signal, cache: "no-store" });
            if (answer.status === 401) { location.reload(); return; }
            if (answer.status === 403) return;
            if (answer.ok) {
              const reader = answer.body.pipeThrough(new TextDecoderStream()).getReader();
              let rest = "";
              for (;;) {
                const { done, value } = await reader.read();
                if (done) break;
                wait = 1000;
                const blocks = (rest + value).split("\\n\\n");
                rest = blocks.pop();
                for (const block of blocks) {
                  last = /^id: (.*)$/m.exec(block)?.[1] ?? last;
                  if (/^event: /m.test(block)) soon();
                }
              }
            }
          } catch { /* It is tried again. */ }
          document.removeEventListener("visibilitychange", hide);
          if (document.hidden) { await visible(); refresh(); continue; }
          await pause(wait);
          wait = Math.min(wait * 2, 30000);
          refresh();
        }
      }
      const every = Math.min(...parts().map((part) => Number(part.dataset.every || 30)));
      setInterval(() => { if (!document.hidden) refresh(); }, every * 1000);
      listen();
    })();

    """
}
