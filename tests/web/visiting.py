"""A visitor's page in real Chromium, with every request and console error noted."""

import os
import re
from pathlib import Path

CHROMIUM = Path(os.environ.get("SIGNPOST_CHROMIUM", "/usr/bin/chromium"))
FLAGS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]
AXE_TAGS = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]
WEATHER = "https://www.bbc.co.uk/weather"


class Page:
    """A page of its own browser context, with every request and console error noted."""

    def __init__(self, browser, served, **options):
        self.context = browser.new_context(reduced_motion="reduce", locale="en-GB", **options)
        self.page = self.context.new_page()
        self.requests, self.errors = [], []
        self.page.on("request", lambda request: self.requests.append(request.url))
        self.page.on("console", lambda note: self.errors.append(note.text) if note.type == "error" else None)
        self.page.on("pageerror", lambda error: self.errors.append(str(error)))
        self.context.route(
            "https://www.bbc.co.uk/**",
            lambda route: route.fulfill(body="<title>Weather</title>", content_type="text/html"),
        )
        self.base = served.base
        self.page.goto(f"{served.base}/chat")

    def start(self):
        self.page.get_by_role("button", name="Start the chat").click()
        self.page.get_by_text("Hello.").wait_for()
        return self

    def say(self, words):
        self.page.get_by_label("Your message").fill(words)
        self.page.keyboard.press("Enter")

    def reply(self, pattern=r"I heard you"):
        self.page.get_by_role("log").get_by_text(re.compile(pattern)).last.wait_for()

    @property
    def box(self):
        return self.page.get_by_label("Your message")

    @property
    def trouble(self):
        return self.page.locator("#trouble")


def axe(page):
    from axe_playwright_python.sync_playwright import Axe

    options = {"runOnly": {"type": "tag", "values": AXE_TAGS}}
    result = Axe().run(page, options=options)
    return [(each["id"], [node["html"][:120] for node in each["nodes"]]) for each in result.response["violations"]]
