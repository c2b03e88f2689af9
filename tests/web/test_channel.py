"""The web contract, over a real socket: shapes, every error code, and the promise that each of them still helps."""

import re
import socket

import pytest
from rasa.core.run import create_http_input_channels
from serving import FIELDS, ROOMY, helps

from bot.channels.guard import as_refusal
from bot.channels.output import Collector
from bot.channels.sessions import Limits
from bot.channels.static import KEYS, WEB, StaticContent, load_static, render_page
from bot.channels.web import SettingsError, WebChannel, WebSettings
from bot.errors import ContentError


def test_session_gives_token_and_opening(served):
    reply = served.client().open()
    assert reply.status == 200
    assert set(reply.json) == {"token", "messages"}
    assert len(reply.json["token"]) == 43
    assert reply.json["messages"][0]["text"] == "Hello."
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
    [
        ("GET", "/message"),
        ("GET", "/session"),
        ("OPTIONS", "/message"),
        ("PUT", "/end"),
        ("POST", "/chat"),
        ("DELETE", "/health"),
    ],
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


def test_the_projects_own_content_fills_everything():
    loaded = load_static()
    assert set(loaded.messages) == set(KEYS)
    assert set(loaded.files) == {"/chat", "/chat.js", "/chat.css"}


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
    template = (WEB / "chat.html").read_text(encoding="utf-8")
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


def test_rasa_finds_the_channel_in_credentials(tmp_path):
    credentials = tmp_path / "credentials.yml"
    credentials.write_text("bot.channels.web.WebChannel:\n  per_second: 2\n")
    [channel] = create_http_input_channels(None, str(credentials))
    assert isinstance(channel, WebChannel)
    assert channel.settings.limits.per_second == 2


@pytest.mark.asyncio
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
