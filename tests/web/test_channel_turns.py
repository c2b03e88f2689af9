"""Turns over the web channel: retries, order, giving up, what may reach Rasa, ending, and what is logged."""

import asyncio
import json
import logging
import socket
import threading
import time

import pytest
from serving import CANARY, StandInAgent

from bot.channels.web import plain


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
    "text",
    [
        "/restart",
        " /restart",
        "//restart",
        "/ /restart",
        "\u200b/restart",
        "\ufeff /restart",
        "\x1f/restart",
        "\u2060//restart",
    ],
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


def test_urgent_words_said_before_a_failure_are_kept(agent_app):
    class Failing(StandInAgent):
        async def handle_message(self, message):
            await message.output_channel.send_response("x", {"text": "Call 999 now.", "urgent": True})
            raise RuntimeError("the action server is dead")

    client = agent_app(agent=Failing()).client()
    client.open()
    assert [message["text"] for message in client.say("hi").json["messages"]] == ["Call 999 now."]
