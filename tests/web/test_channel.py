"""The web contract, over a real socket: shapes, every error code, and the promise that each of them still helps."""

import asyncio
import json
import logging
import re
import socket
import threading
import time

import pytest
from conftest import FIELDS, ROOMY, StandInAgent

from bot.channels.guard import as_refusal
from bot.channels.output import Collector
from bot.channels.sessions import Limits
from bot.channels.static import KEYS, StaticContent, load_static, render_page
from bot.channels.web import SettingsError, WebChannel, WebSettings, plain
from bot.errors import ContentError

CANARY = "zq-canary-07700-900123"


def helps(reply):
    """An error in the contract's shape, whose messages give 999 and 101."""
    assert reply.headers["Content-Type"].startswith("application/json")
    assert reply.json["error"]
    assert all(set(message) == {"text", "buttons", "urgent"} for message in reply.json["messages"])
    assert re.search(r"\b999\b", reply.text)
    assert re.search(r"\b101\b", reply.text)
    assert "National Stalking Helpline" in reply.text
    return True


def test_session_gives_token_and_opening(served):
    reply = served.client().open()
    assert reply.status == 200
    assert set(reply.json) == {"token", "messages"}
    assert len(reply.json["token"]) == 43
    assert [message["text"] for message in reply.json["messages"]][0] == "Hello."
    assert reply.json["messages"][-1]["buttons"][0] == {"title": "Yes", "payload": "/affirm"}
    assert served.agent.heard == ["/greet_opening"]


def test_message_shape_and_bubbles(client):
    reply = client.say("buttons please")
    assert reply.json == {
        "messages": [
            {"text": "One.", "buttons": [], "urgent": False},
            {
                "text": "Are you safe?",
                "buttons": [{"title": "Yes", "payload": "/affirm"}, {"title": "No", "payload": "/deny"}],
                "urgent": False,
            },
        ]
    }


def test_urgent_is_passed_on(client):
    assert client.say("danger").json["messages"] == [{"text": "Call 999 now.", "buttons": [], "urgent": True}]


@pytest.mark.parametrize(
    ("body", "error"),
    [
        (b"{nonsense", "not_json"),
        (b"", "not_json"),
        (b"\xff\xfe", "not_json"),
        (b"[" * 20_000, "not_json"),
        (b"[]", "not_an_object"),
        (b'"text"', "not_an_object"),
        ({"text": "hi"}, "bad_n"),
        ({"n": 0, "text": "hi"}, "bad_n"),
        ({"n": 2, "text": "hi"}, "bad_n"),
        ({"n": True, "text": "hi"}, "bad_n"),
        ({"n": "1", "text": "hi"}, "bad_n"),
        ({"n": 1}, "text_or_payload"),
        ({"n": 1, "text": 7}, "text_or_payload"),
        ({"n": 1, "text": "hi", "payload": "/affirm"}, "text_or_payload"),
        ({"n": 1, "payload": "/restart"}, "not_offered"),
        ({"n": 1, "payload": ["/affirm"]}, "not_offered"),
    ],
)
def test_400(client, body, error):
    reply = client.post("/message", body)
    assert (reply.status, reply.json["error"]) == (400, error)
    assert helps(reply)
    assert client.post("/message", {"n": 1, "text": "still there"}).status == 200


def test_payload_only_from_the_last_reply(client, served):
    assert client.post("/message", {"n": 1, "payload": "/affirm"}).status == 200
    assert served.agent.heard[-1] == "/affirm"
    assert client.post("/message", {"n": 2, "payload": "/affirm"}).json["error"] == "not_offered"


@pytest.mark.parametrize("token", ["", "nonsense", "ä" * 10, "x" * 5000])
def test_401_unknown_token(served, token):
    client = served.client()
    reply = client.post("/message", {"n": 1, "text": "hi"}, Authorization=f"Bearer {token}".encode().decode("latin-1"))
    assert reply.status == 401
    assert helps(reply)


@pytest.mark.parametrize("path", ["/session", "/message", "/end"])
@pytest.mark.parametrize("origin", ["https://evil.example", "null", "http://127.0.0.1:1", "nonsense", "http://[bad"])
def test_403_other_origins(client, path, origin):
    reply = client.post(path, {"n": 1, "text": "hi"}, Origin=origin)
    assert reply.status == 403
    assert helps(reply)


def test_origin_of_this_server_and_of_the_list(agent_app):
    served = agent_app(WebSettings(allowed_origins=("https://www.example.org",), limits=ROOMY))
    client = served.client()
    assert client.post("/session", Origin=served.base).status == 200
    assert client.post("/session", Origin=served.base.upper()).status == 200
    assert client.post("/session", Origin="https://www.example.org").status == 200
    assert client.post("/session", Origin="https://WWW.example.org:443").status == 200
    assert client.post("/session", Origin="http://www.example.org").status == 403
    assert client.post("/session", Origin=served.base.replace("http:", "https:")).status == 403


def test_no_origin(served):
    client = served.client()
    assert client.post("/session").status == 200
    assert client.post("/session", Sec_Fetch_Site="same-origin").status == 200
    assert client.post("/session", Sec_Fetch_Site="cross-site").status == 403


@pytest.mark.parametrize(
    "path", ["/", "/webhooks/rest/webhook", "/version", "/conversations/x/tracker", "/chat/", "/message/x", "/%2e%2e/x"]
)
@pytest.mark.parametrize("method", ["GET", "POST", "DELETE", "OPTIONS"])
def test_404(served, path, method):
    reply = served.client().request(method, path)
    assert reply.status == 404
    assert helps(reply)


@pytest.mark.parametrize(
    ("method", "path"),
    [("GET", "/message"), ("GET", "/session"), ("OPTIONS", "/message"), ("PUT", "/end"), ("POST", "/chat"), ("DELETE", "/health")],
)
def test_405(served, method, path):
    reply = served.client().request(method, path)
    assert reply.status == 405
    assert reply.headers["Allow"] in ("GET", "POST")
    assert helps(reply)


def test_413_body_and_text(client):
    big = client.post("/message", b'{"n": 1, "text": "' + b"a" * 300_000 + b'"}')
    assert big.status == 413
    assert helps(big)
    long = client.post("/message", {"n": 1, "text": "a" * 20_001})
    assert (long.status, long.json["error"]) == (413, "text_too_long")
    assert helps(long)
    assert client.post("/message", {"n": 1, "text": "\U0001f600" * 20_000}).status == 200


@pytest.mark.parametrize("kind", ["text/plain", "application/x-www-form-urlencoded", "multipart/form-data", ""])
@pytest.mark.parametrize("path", ["/session", "/message"])
def test_415(client, path, kind):
    reply = client.post(path, {"n": 1, "text": "hi"}, Content_Type=kind)
    assert reply.status == 415
    assert helps(reply)


def test_429_a_token(agent_app):
    client = agent_app(WebSettings(limits=Limits(burst=3, per_second=0.001))).client()
    client.open()
    assert [client.say("hi").status for _ in range(4)] == [200, 200, 200, 429]
    refused = client.post("/message", {"n": 4, "text": "hi"})
    assert refused.headers["Retry-After"] == "1"
    assert helps(refused)


def test_429_an_address(agent_app):
    client = agent_app(WebSettings(limits=Limits(conversations_per_minute=2))).client()
    assert [client.open().status for _ in range(3)] == [200, 200, 429]
    assert helps(client.post("/session"))


def test_503_without_a_model(served):
    served.agent.ready = False
    for reply in (served.client().post("/session"), served.client().request("GET", "/health")):
        assert reply.status == 503
        assert helps(reply)


def test_health(served):
    reply = served.client().request("GET", "/health")
    assert (reply.status, reply.json) == (200, {"status": "ok"})


@pytest.mark.parametrize(
    "raw",
    [
        b"GET / HTTP/9.9\r\n\r\n",
        b"nonsense\r\n\r\n",
        b"POST /message HTTP/1.1\r\nHost: x\r\nContent-Length: many\r\n\r\n",
        b"GET /" + b"a" * 20_000 + b" HTTP/1.1\r\nHost: x\r\n\r\n",
        b"POST /message HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n\r\n",
        b"GET * HTTP/1.1\r\nHost: x\r\n\r\n",
    ],
)
def test_broken_http_is_answered_in_json(served, raw):
    host, port = served.base.removeprefix("http://").split(":")
    with socket.create_connection((host, int(port)), timeout=10) as connection:
        connection.sendall(raw)
        connection.shutdown(socket.SHUT_WR)
        answer = b"".join(iter(lambda: connection.recv(65536), b""))
    assert b"<html" not in answer.lower()
    assert b"Traceback" not in answer
    if answer:
        assert b"999" in answer


def test_every_failure_of_the_application_is_json(agent_app, monkeypatch):
    served = agent_app()
    monkeypatch.setattr(served.channel.sessions, "open", lambda address: 1 / 0)
    reply = served.client().post("/session")
    assert reply.status == 503
    assert helps(reply)


def test_repeated_n_gets_the_stored_reply(client, served):
    first = client.post("/message", {"n": 1, "text": "hello"})
    again = client.post("/message", {"n": 1, "text": "hello"})
    assert first.json == again.json
    assert served.agent.heard.count("hello") == 1
    assert client.post("/message", {"n": 2, "text": "more"}).status == 200
    assert client.post("/message", {"n": 1, "text": "hello"}).json["error"] == "bad_n"


def test_messages_of_one_token_are_answered_one_at_a_time(client, served):
    replies = []

    def send():
        replies.append(client.post("/message", {"n": 1, "text": "pause"}))

    threads = [threading.Thread(target=send) for _ in range(5)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert {reply.status for reply in replies} == {200}
    assert len({reply.raw for reply in replies}) == 1
    assert served.agent.heard.count("pause") == 1


def test_broken_connection_neither_doubles_nor_loses(client, served):
    host, port = served.base.removeprefix("http://").split(":")
    body = json.dumps({"n": 1, "text": "pause"}).encode()
    head = f"POST /message HTTP/1.1\r\nHost: {host}:{port}\r\nContent-Type: application/json\r\n"
    head += f"Authorization: Bearer {client.token}\r\nContent-Length: {len(body)}\r\n\r\n"
    with socket.create_connection((host, int(port))) as connection:
        connection.sendall(head.encode() + body)
        time.sleep(0.05)
    assert client.post("/message", {"n": 1, "text": "pause"}).status == 200
    assert served.agent.heard.count("pause") == 1


@pytest.mark.parametrize("words", ["slow", "stubborn"])
def test_a_turn_is_given_up_after_two_and_a_half_seconds(client, words):
    began = time.monotonic()
    reply = client.say(f"{words} {CANARY}")
    assert 2.3 < time.monotonic() - began < 3.2
    assert reply.status == 200
    assert "999" in reply.text and "101" in reply.text
    assert reply.json["messages"][-1]["buttons"], "what was offered before can still be pressed"
    assert client.post("/message", {"n": 1, "text": words}).json == reply.json
    assert client.post("/message", {"n": 2, "payload": "/affirm"}).status == 200


@pytest.mark.parametrize("words", ["boom", "silent"])
def test_an_exception_or_an_empty_reply_becomes_help(client, words):
    reply = client.say(words)
    assert reply.status == 200
    assert "999" in reply.text and "101" in reply.text and "National Stalking Helpline" in reply.text
    assert client.say("hello").status == 200


@pytest.mark.parametrize("text", ["", "   ", "\n\n", "/", " / / ", "\u200b/\u200b", "\x00"])
def test_nothing_at_all_still_gets_a_useful_reply(client, served, text):
    reply = client.say(text)
    assert reply.status == 200
    assert "999" in reply.text
    assert served.agent.heard == ["/greet_opening"]


@pytest.mark.parametrize(
    "text", ["/restart", " /restart", "//restart", "/ /restart", "\u200b/restart", "\ufeff /restart", "\x1f/restart", "\u2060//restart"]
)
def test_free_text_starts_no_intent(client, served, text):
    assert client.say(text).status == 200
    assert served.agent.heard[-1] == "restart"


def test_words_that_cannot_be_encoded(client, served):
    assert client.post("/message", b'{"n": 1, "text": "a \\ud800 b\\u0000c"}').status == 200
    assert served.agent.heard[-1] == "a ? b c"


def test_new_emoji_are_kept():
    assert plain("\U0001fae8 help") == "\U0001fae8 help"


def test_opening_that_fails_gives_help(served):
    served.agent.opening_fails = True
    reply = served.client().open()
    assert reply.status == 200
    assert reply.json["token"]
    assert "999" in reply.text


@pytest.mark.parametrize("how", ["header", "text", "json", "no content type"])
def test_end_forgets(client, served, how):
    client.say("hello")
    assert len(keys(served)) == 1
    kinds = {"text": "text/plain;charset=UTF-8", "json": "application/json", "no content type": ""}
    if how == "header":
        reply = client.post("/end")
    else:
        token, client.token = client.token, ""
        reply = client.request("POST", "/end", token.encode(), {"Content-Type": kinds[how]})
        client.token = token
    assert (reply.status, reply.json["ended"]) == (200, True)
    assert keys(served) == []
    assert client.say("hello").status == 401
    assert client.post("/end").status == 401


def keys(served):
    return asyncio.run(served.agent.tracker_store.keys())


def test_end_during_a_turn(client, served):
    answers = []
    thread = threading.Thread(target=lambda: answers.append(client.say("slow")))
    thread.start()
    time.sleep(0.3)
    began = time.monotonic()
    assert client.post("/end").status == 200
    thread.join()
    assert time.monotonic() - began < 1
    assert answers[0].status == 401
    assert keys(served) == []


def test_idle_conversation_is_unknown(agent_app):
    now = [0.0]
    client = agent_app(clock=lambda: now[0]).client()
    client.open()
    now[0] += 29 * 60
    assert client.say("hello").status == 200
    now[0] += 31 * 60
    assert client.say("hello").status == 401


EVERYWHERE = {
    "Cache-Control": "no-store",
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
    "X-Robots-Tag": "noindex, nofollow",
    "Cross-Origin-Opener-Policy": "same-origin",
}


@pytest.mark.parametrize(
    ("method", "path"),
    [("GET", "/chat"), ("GET", "/chat.js"), ("GET", "/chat.css"), ("GET", "/health"), ("POST", "/session"), ("POST", "/message"),
     ("GET", "/nowhere"), ("OPTIONS", "/message")],
)  # fmt: skip
def test_headers_are_on_everything(agent_app, method, path):
    served = agent_app(cors="*")
    reply = served.client().request(method, path, headers={"Origin": served.base})
    assert {name: reply.headers.get(name) for name in EVERYWHERE} == EVERYWHERE
    assert "default-src 'none'" in reply.headers["Content-Security-Policy"]
    assert "Set-Cookie" not in reply.headers
    assert not [name for name in reply.headers if name.lower().startswith("access-control")]


def test_page_policy_and_types(served):
    page = served.client().request("GET", "/chat")
    policy = page.headers["Content-Security-Policy"]
    for part in ("script-src 'self'", "style-src 'self'", "connect-src 'self'", "frame-ancestors 'none'"):
        assert part in policy
    assert "require-trusted-types-for 'script'" in policy
    assert "unsafe" not in policy
    assert page.headers["Content-Type"].startswith("text/html")
    assert served.client().request("GET", "/chat.js").headers["Content-Type"].startswith("text/javascript")


def test_nothing_a_person_typed_is_logged(served, caplog, capfd):
    caplog.set_level(logging.DEBUG)
    client = served.client()
    client.open()
    for words in ("hello", "/", "boom", "silent", "slow"):
        client.say(f"{words} {CANARY}")
    client.post("/message", {"n": 99, "text": CANARY})
    client.post("/message", {"n": 6, "payload": CANARY})
    client.post("/message", CANARY.encode())
    client.post("/message", {"n": 6, "text": CANARY}, Origin="https://evil.example")
    out, err = capfd.readouterr()
    everything = caplog.text + out + err
    assert "A turn gave no reply: ValueError" in everything
    assert CANARY not in everything
    assert client.token not in everything


def test_last_resort_when_content_is_broken(agent_app):
    served = agent_app(content=StaticContent())
    assert helps(served.client().request("GET", "/nowhere"))
    assert served.client().request("GET", "/chat").status == 503


def test_content_that_cannot_be_loaded_leaves_the_last_resort(caplog):
    loaded = load_static({})
    assert "999" in loaded.help("utter_unavailable")[0]["text"]
    assert "ContentError" in caplog.text


@pytest.mark.parametrize("key", KEYS)
def test_help_texts(content, key):
    text = " ".join(message["text"] for message in content.help(key))
    for number in ("999", "101", FIELDS["national_stalking_helpline.phone"]):
        assert number in text
    assert "!" not in text and "?" not in text
    assert not re.search(r"\b(told|alerted|informed|notified)\b", text)
    assert len(text.split()) <= 80


def test_page_has_no_number_of_its_own():
    template = (load_static.__globals__["WEB"] / "chat.html").read_text(encoding="utf-8")
    assert not re.search(r"\b(999|101|0\d{3,})\b", template)
    with pytest.raises(ContentError, match="nowhere.phone"):
        render_page("{nowhere.phone}", FIELDS)
    assert render_page("{a.name}", {"a.name": "<&>"}) == "&lt;&amp;&gt;"


def test_settings_from_credentials():
    channel = WebChannel.from_credentials({"allowed_origins": ["https://a.example"], "burst": 5, "max_text": 10})
    assert channel.settings.allowed_origins == ("https://a.example",)
    assert (channel.settings.limits.burst, channel.settings.limits.per_second) == (5, 1.0)
    assert WebChannel.from_credentials(None).settings == WebSettings()
    with pytest.raises(SettingsError, match="bursts is no setting"):
        WebChannel.from_credentials({"bursts": 5})


async def test_collector_reads_what_rasa_sends():
    collector = Collector()
    await collector.send_response("x", {"text": "a", "urgent": True, "buttons": [{"title": "t"}]})
    await collector.send_response("x", {"custom": {"text": "b", "urgent": True}})
    await collector.send_response("x", {"text": "  \n\n "})
    await collector.send_text_message("x", "c\n\nd")
    assert [(each["text"], each["urgent"]) for each in collector.messages] == [
        ("a", True),
        ("b", True),
        ("c", False),
        ("d", False),
    ]
    assert collector.messages[0]["buttons"] == [{"title": "t", "payload": "t"}]


def test_failures_that_are_no_http_errors_mean_unavailable():
    assert as_refusal(ValueError("x")).status == 503


def test_urgent_words_said_before_a_failure_are_kept(agent_app):
    class Failing(StandInAgent):
        async def handle_message(self, message):
            await message.output_channel.send_response("x", {"text": "Call 999 now.", "urgent": True})
            raise RuntimeError("the action server is dead")

    client = agent_app(agent=Failing()).client()
    client.open()
    assert [message["text"] for message in client.say("hi").json["messages"]] == ["Call 999 now."]
