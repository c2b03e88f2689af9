"""The chat page when something goes wrong: it helps by itself, keeps the words, and sends nothing again unasked."""

import time

import pytest
from serving import FIELDS, ROOMY

from bot.channels.web import WebSettings

HELPLINE = FIELDS["national_stalking_helpline.phone"]


@pytest.mark.parametrize(
    ("answer", "said"),
    [
        ({"status": 401}, "has ended"),
        ({"status": 413}, "too long"),
        ({"status": 429}, "wait a few seconds"),
        ({"status": 500, "body": "<html>oops"}, "Something went wrong"),
        ({"status": 503}, "Something went wrong"),
        ({"status": 200, "body": "<html>proxy page"}, "Something went wrong"),
        (None, "could not be sent"),
    ],
)
def test_every_failure_helps_and_keeps_the_words(opened, served, answer, said):
    at = opened().start()
    at.page.route("**/message", lambda route: route.fulfill(**answer) if answer else route.abort())
    at.say("please keep this")
    at.trouble.get_by_text(said).wait_for()
    words = at.trouble.inner_text()
    for number in ("999", "101", HELPLINE):
        assert number in words
    assert at.box.input_value() == "please keep this"
    assert "please keep this" not in at.page.get_by_role("log").inner_text()
    assert at.page.locator("#trouble").get_attribute("role") == "alert"
    time.sleep(0.3)
    assert served.agent.heard == ["/greet_opening"], "nothing is sent again unasked"


@pytest.mark.parametrize("body", ['{"messages": []}', "{}", '{"messages": [{"text": " "}]}'])
def test_an_empty_reply_helps(opened, body):
    at = opened().start()
    at.page.route("**/message", lambda route: route.fulfill(status=200, body=body, content_type="application/json"))
    at.say("hello")
    at.trouble.get_by_text("could not find an answer").wait_for()
    assert "999" in at.trouble.inner_text()


def test_send_again_uses_the_same_number(opened, served):
    at = opened().start()
    sent = []

    def lose_the_answer(route):
        sent.append(route.request.post_data_json)
        route.fetch()
        route.abort()

    at.page.route("**/message", lose_the_answer)
    at.say("only once")
    at.trouble.get_by_text("could not be sent").wait_for()
    at.page.unroute("**/message")
    at.page.on(
        "request", lambda request: sent.append(request.post_data_json) if request.url.endswith("/message") else None
    )
    at.page.get_by_role("button", name="Send again").click()
    at.reply()
    assert [each["n"] for each in sent] == [1, 1]
    assert served.agent.heard.count("only once") == 1
    assert at.box.input_value() == ""
    at.say("next")
    at.reply("Message 3")
    assert sent[-1] == {"n": 2, "text": "next"}


def test_other_words_after_a_lost_answer_lose_nothing(opened, served):
    at = opened().start()
    at.page.route("**/message", lambda route: route.abort())
    at.say("first")
    at.trouble.get_by_text("could not be sent").wait_for()
    at.page.unroute("**/message")
    at.say("second")
    at.reply("Message 3")
    assert served.agent.heard == ["/greet_opening", "first", "second"]


def test_an_ended_chat_starts_again_with_the_words_kept(opened, served):
    at = opened().start()
    for token in list(served.channel.sessions._sessions):
        served.channel.sessions._sessions.pop(token)
    at.say("keep me")
    at.page.get_by_role("button", name="Start a new chat").click()
    at.page.get_by_text("Hello.").wait_for()
    assert at.box.input_value() == "keep me"
    at.page.keyboard.press("Enter")
    at.reply()
    assert served.agent.heard[-1] == "keep me"


def test_slow_answer_brings_help_after_ten_seconds(opened, agent_app):
    server = agent_app(WebSettings(give_up_seconds=11.5, limits=ROOMY))
    at = opened(server).start()
    at.say("slow")
    at.trouble.get_by_text("taking longer").wait_for(timeout=11_000)
    assert "999" in at.trouble.inner_text()
    at.reply("something went wrong")
    assert at.trouble.inner_text() == ""


def test_start_that_fails_can_be_tried_again(opened, served):
    at = opened()
    at.page.route("**/session", lambda route: route.abort())
    at.page.get_by_role("button", name="Start the chat").click()
    at.trouble.get_by_text("could not be started").wait_for()
    assert "999" in at.trouble.inner_text()
    at.page.unroute("**/session")
    at.page.get_by_role("button", name="Try again").click()
    at.page.get_by_text("Hello.").wait_for()
