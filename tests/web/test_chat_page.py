"""The chat page in real Chromium: accessible, leaves quickly, stores nothing."""

import subprocess
import sys
import time

import pytest
from serving import CANARY, FIELDS
from visiting import CHROMIUM, FLAGS, WEATHER, Page, axe

from bot.channels.static import WEB

HELPLINE = FIELDS["national_stalking_helpline.phone"]


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [320, 1280])
def test_no_axe_violation_in_any_state(opened, width, scheme):
    at = opened(viewport={"width": width, "height": 800}, color_scheme=scheme)
    assert axe(at.page) == []
    at.start()
    assert axe(at.page) == []
    for words in ("numbers", "danger", "buttons"):
        at.say(words)
        at.reply({"numbers": "Call 999 or", "danger": "Call 999 now", "buttons": "Are you safe"}[words])
    assert axe(at.page) == []
    at.page.route("**/message", lambda route: route.abort())
    at.say("offline")
    at.trouble.get_by_text("could not be sent").wait_for()
    assert axe(at.page) == []


@pytest.mark.parametrize("width", [320, 1280])
def test_nothing_scrolls_sideways_and_the_exit_stays_in_sight(opened, width):
    at = opened(viewport={"width": width, "height": 500})

    def fits():
        assert at.page.evaluate("document.documentElement.scrollWidth <= innerWidth")
        box = at.page.get_by_role("link", name="Exit this page").bounding_box()
        assert box["y"] >= 0 and box["x"] >= 0 and box["x"] + box["width"] <= width and box["height"] >= 44

    fits()
    at.page.mouse.wheel(0, 3000)
    fits()
    at.start()
    at.say("numbers " + "w" * 300)
    at.reply("Call 999 or")
    fits()


def test_targets_are_large_enough(opened):
    at = opened().start()
    at.say("buttons")
    at.reply("Are you safe")
    for control in at.page.locator("button:visible, #exit, textarea").all():
        assert control.bounding_box()["height"] >= 44, control.inner_text()


def test_before_the_first_message(opened, served):
    at = opened()
    words = at.page.inner_text("main")
    for said in (
        "not a person",
        "not the police",
        "press 5 twice",
        "not clear your browser",
        "Shift key 3 times",
        "device safe",
    ):
        assert said in words
    assert served.agent.heard == []
    assert at.page.title() == "Chat"
    assert at.page.get_attribute("html", "lang") == "en-GB"


def test_live_regions(opened):
    at = opened().start()
    log = at.page.get_by_role("log")
    assert log.get_attribute("aria-label") == "Conversation"
    assert at.page.get_by_role("status").count() == 1
    at.say("hello")
    at.reply()
    assert log.get_by_text("I heard you").count() == 1
    assert log.inner_text().count("hello") == 1
    at.say("danger")
    at.reply("Call 999 now")
    bubble = log.locator(".said.urgent")
    assert "Important" in bubble.inner_text()
    assert bubble.get_attribute("aria-live") == "off"
    assert at.page.locator("#urgent").inner_text() == "Call 999 now."


def test_writing_note_comes_late_and_goes(opened):
    at = opened().start()
    at.say("slow")
    status = at.page.get_by_role("status")
    time.sleep(0.3)
    assert status.inner_text() == ""
    at.page.locator("#status", has_text="Writing").wait_for(timeout=2000)
    at.reply("something went wrong")
    assert status.inner_text() == ""


def test_keyboard_only(opened, served):
    at = opened()
    page = at.page
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.id") == "exit"
    for _ in range(4):
        page.keyboard.press("Tab")
        if page.evaluate("document.activeElement.id") == "start":
            break
    page.keyboard.press("Enter")
    page.get_by_text("Hello.").wait_for()
    page.locator("#box:focus").wait_for()
    page.keyboard.type("first")
    page.keyboard.press("Shift+Enter")
    page.keyboard.type("second")
    page.keyboard.press("Enter")
    at.reply()
    assert served.agent.heard[-1] == "first\nsecond"
    assert page.evaluate("document.activeElement.id") == "box"
    at.say("buttons")
    at.reply("Are you safe")
    page.keyboard.press("Shift+Tab")
    page.keyboard.press("Shift+Tab")
    assert page.evaluate("document.activeElement.textContent") == "Yes"
    page.keyboard.press("Space")
    at.reply()
    assert served.agent.heard[-1] == "/affirm"
    assert page.evaluate("document.activeElement.id") == "box"


def test_enter_while_composing_does_not_send(opened, served):
    at = opened().start()
    at.box.fill("かな")
    at.page.evaluate(
        "document.getElementById('box').dispatchEvent(new KeyboardEvent('keydown', {key: 'Enter', isComposing: true, bubbles: true}))"
    )
    assert served.agent.heard == ["/greet_opening"]


def test_quick_reply_becomes_text(opened):
    at = opened().start()
    at.page.get_by_role("button", name="Yes").click()
    at.reply()
    assert at.page.get_by_role("button", name="Yes").count() == 0
    assert "You: Yes" in at.page.get_by_role("log").inner_text().replace("\n", " ")


def test_numbers_and_addresses_become_links(opened):
    at = opened().start()
    at.say("numbers")
    at.reply("Call 999 or")
    links = at.page.get_by_role("log").get_by_role("link").all()
    assert [link.get_attribute("href") for link in links] == [
        "tel:999", "tel:101", "tel:08088020300", "tel:08001111", "tel:116123", "https://www.suzylamplugh.org/help",
    ]  # fmt: skip
    assert "opens in a new tab" in links[-1].inner_text()
    assert "noreferrer" in links[-1].get_attribute("rel")
    assert "<b>not bold</b>" in at.page.get_by_role("log").inner_text()


def leaves(at, how):
    if how == "click":
        at.page.get_by_role("link", name="Exit this page").click()
    else:
        for _ in range(3):
            at.page.keyboard.press("Shift")
    at.page.wait_for_url(WEATHER, timeout=3000)


@pytest.mark.parametrize("how", ["click", "shift", "shift in the box"])
def test_exit_and_back_shows_nothing(opened, served, how):
    at = opened()
    at.page.goto("about:blank")
    at.page.goto(f"{served.base}/chat")
    at.start()
    at.say(CANARY)
    at.reply()
    at.box.fill(f"half a {CANARY}")
    if how == "shift":
        at.page.get_by_role("log").focus()
    length = at.page.evaluate("history.length")
    leaves(at, how)
    assert at.page.evaluate("history.length") == length
    for _ in range(20):
        if not len(served.channel.sessions):
            break
        time.sleep(0.05)
    assert len(served.channel.sessions) == 0, "the conversation is ended on the server"
    at.page.go_back()
    assert at.page.url == "about:blank"
    at.page.goto(f"{served.base}/chat")
    assert CANARY not in at.page.content()


def test_typing_capitals_is_no_exit(opened):
    at = opened().start()
    at.box.focus()
    for letter in "ABCD":
        at.page.keyboard.press(f"Shift+{letter}")
    at.page.keyboard.press("Shift")
    at.page.keyboard.press("Shift")
    assert "1 more time" in at.page.get_by_role("status").inner_text()
    at.page.keyboard.press("x")
    at.page.keyboard.press("Shift")
    assert at.page.url.endswith("/chat")


def test_exit_is_immediate_although_the_target_hangs(opened):
    at = opened().start()
    at.say(CANARY)
    at.reply()
    at.context.unroute("https://www.bbc.co.uk/**")
    at.context.route("https://www.bbc.co.uk/**", lambda route: None)
    seen = at.page.evaluate("document.getElementById('exit').click(), document.documentElement.outerHTML")
    assert 'class="cover"' in seen
    assert CANARY not in seen
    assert "<main" not in seen


def test_without_scripts_the_page_still_helps_and_exits(browser, served):
    at = Page(browser, served, java_script_enabled=False)
    words = at.page.inner_text("body")
    for number in ("999", "101", HELPLINE):
        assert number in words
    assert at.page.get_by_role("link", name="Exit this page").get_attribute("href") == WEATHER
    assert at.page.get_by_role("button").count() == 0
    at.context.close()


def test_closing_the_page_ends_the_conversation(opened, served):
    at = opened().start()
    assert len(served.channel.sessions) == 1
    at.page.goto("about:blank")
    for _ in range(20):
        if not len(served.channel.sessions):
            break
        time.sleep(0.05)
    assert len(served.channel.sessions) == 0


def test_end_button_wipes_and_starts_over(opened, served):
    at = opened().start()
    at.say(CANARY)
    at.reply()
    at.page.get_by_role("button", name="End and wipe this chat").click()
    at.page.get_by_role("button", name="Start the chat").wait_for()
    assert CANARY not in at.page.content()
    at.start()
    at.say("hello")
    at.reply()


STORES = """async () => ({
  local: localStorage.length, session: sessionStorage.length, cookie: document.cookie,
  databases: (await indexedDB.databases()).length,
  caches: 'caches' in self ? (await caches.keys()).length : 0,
  workers: navigator.serviceWorker ? (await navigator.serviceWorker.getRegistrations()).length : 0,
})"""


def test_nothing_is_stored_and_no_other_origin_is_asked(opened):
    at = opened().start()
    at.say(CANARY)
    at.reply()
    at.page.get_by_label("Your message").fill(f"draft {CANARY}")
    assert at.page.evaluate(STORES) == {
        "local": 0,
        "session": 0,
        "cookie": "",
        "databases": 0,
        "caches": 0,
        "workers": 0,
    }
    assert at.context.cookies() == []
    assert {url for url in at.requests if not url.startswith(at.base + "/")} == set()
    assert not [url for url in at.requests if "?" in url]
    assert at.errors == []


def test_no_word_reaches_the_browser_profile(served, tmp_path):
    if not CHROMIUM.exists():
        pytest.skip("Chromium is not installed")
    script = tmp_path / "visit.py"
    script.write_text(
        VISIT.format(
            path=str(CHROMIUM), flags=FLAGS, base=served.base, canary=CANARY, profile=str(tmp_path / "profile")
        )
    )
    subprocess.run([sys.executable, str(script)], check=True, timeout=90)
    assert CANARY in served.agent.heard
    files = [path for path in (tmp_path / "profile").rglob("*") if path.is_file()]
    assert len(files) > 10
    found = [
        str(path)
        for path in files
        if CANARY.encode() in path.read_bytes() or CANARY.encode("utf-16-le") in path.read_bytes()
    ]
    assert found == []


VISIT = """
from playwright.sync_api import sync_playwright
with sync_playwright() as p:
    context = p.chromium.launch_persistent_context({profile!r}, executable_path={path!r}, args={flags!r})
    page = context.new_page()
    page.goto({base!r} + "/chat")
    page.get_by_role("button", name="Start the chat").click()
    page.get_by_label("Your message").fill({canary!r})
    page.keyboard.press("Enter")
    page.get_by_role("log").get_by_text("I heard you").wait_for()
    page.get_by_label("Your message").fill("draft " + {canary!r})
    page.wait_for_timeout(500)
    context.close()
"""


def test_a_page_from_the_back_forward_cache_is_loaded_anew(opened):
    at = opened().start()
    with at.page.expect_navigation():
        at.page.evaluate("dispatchEvent(new PageTransitionEvent('pageshow', {persisted: true}))")
    at.page.get_by_role("button", name="Start the chat").wait_for()


def test_forced_colours_and_print(opened):
    at = opened(forced_colors="active").start()
    assert axe(at.page) == []


def test_scripts_use_no_storage_and_no_markup():
    script = (WEB / "chat.js").read_text(encoding="utf-8")
    for word in ("innerHTML", "outerHTML", "insertAdjacentHTML", "document.write", "localStorage", "sessionStorage", "indexedDB",
                 "document.cookie", "caches", "serviceWorker", "BroadcastChannel", "eval("):  # fmt: skip
        assert word not in script
