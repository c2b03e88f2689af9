"""Promise 2: danger gets 999 and the silent routes in the very next reply, from every state, whatever fails."""

import re

import pytest
from failing import WAYS
from harness import EVERY_STATE, IN_DANGER, OUT_OF_DANGER, Bot, Messages, sentences, words

from bot.knowledge.services import load_services, text_keys

NUMBERS = text_keys(load_services())
SAMARITANS = NUMBERS["samaritans.phone"]
MOST_WORDS = 60

DANGER = [
    "he is at my front door and he wont go away",
    "hes outside now with a knife",
    "someone is trying to break into my house right now",
    "she is smashing my windows as I type this",
    "my ex is in the house and I am hiding in the wardrobe",
    "he's following me right now, I'm on foot and I'm scared",
    "there is a man in a car behind me, he has followed me for ten minutes and he wont stop",
    "he has just hit me and he is still here",
    "he is strangling me",
    "help me he is going to kill me",
    "he just texted that he is on his way to kill me",
    "hes got a gun",
    "he is banging on the door and shouting that he will burn the house down",
    "im locked in the bathroom he is kicking the door",
    "he has my daughter and he wont let her go",
    "please help hes in my garden right now",
    "he has got in",
    "they are outside my flat now and trying the handle",
    "he's pinned me in my car, I cant get out",
    "my stalker is standing in front of me",
    "hes here",
    "call the police for me he is coming up the stairs",
    "my friend just rang, her ex is breaking down her door",
    "he poured petrol through the letterbox just now",
    "HE IS HERE HELP",
    "hes pulling me out of the car",
    "there's someone in my house",
    "he is holding a blade to my neck",
]
DANGER_CY = [
    "mae o wrth y drws rwan ac mae ganddo gyllell",
    "mae e'n torri mewn i'r tŷ nawr",
    "helpwch fi, mae o yma",
]
SELF_HARM = [
    "i want to kill myself",
    "I cannot do this any more, I want to die",
    "he has made me suicidal",
    "i keep thinking about ending it all",
    "everyone would be better off if i was dead",
    "im cutting myself again because of him",
    "I have a plan to end my life tonight",
    "theres no point in living like this any longer",
    "dwi eisiau marw",
]
THREE_MESSAGES = [
    ("someones at the door", "its him", "hes kicking it"),
    ("there is somebody in the garden", "i think its my ex", "he is trying the back door"),
    ("i heard glass break", "downstairs", "he is in the kitchen"),
    ("a car behind me", "same one as yesterday", "its still following me now"),
]


def first_two(reply: Messages) -> str:
    return " ".join(sentences(words(reply))[:2])


def sends_to_999(reply: Messages) -> bool:
    """999 in the first two sentences, short, no question, and how to call without a word."""
    said = words(reply)
    short = len(said.split()) <= MOST_WORDS
    silent = re.search(r"\b55\b", said) or re.search(r"text(ing)? \S*999|register", said)
    return bool(short and silent and "999" in first_two(reply) and "?" not in said and reply[0]["urgent"])


def gives_samaritans(reply: Messages) -> bool:
    """Samaritans early on, 999 for when it is acted on, short, no question."""
    said = words(reply)
    early = SAMARITANS in " ".join(sentences(said)[:3])
    return bool(early and "999" in said and len(said.split()) <= MOST_WORDS and "?" not in said and reply[0]["urgent"])


def missed(bot: Bot, state: str, texts: list[str], wanted) -> list[tuple[str, str]]:
    return [(text, words(reply)) for text in texts if not wanted(reply := bot.at(state).say(text))]


@pytest.mark.parametrize("state", EVERY_STATE)
def test_danger_is_answered_first(bot: Bot, state: str) -> None:
    assert not missed(bot, state, DANGER, sends_to_999)


@pytest.mark.parametrize("state", EVERY_STATE)
def test_danger_in_welsh_is_answered_first(bot: Bot, state: str) -> None:
    assert not missed(bot, state, DANGER_CY, sends_to_999)


def test_welsh_is_answered_in_welsh_and_english(bot: Bot) -> None:
    said = words(bot.at("fresh").say(DANGER_CY[0]))
    assert said.startswith("Ffoniwch 999")
    assert "Call 999" in said


@pytest.mark.parametrize("state", OUT_OF_DANGER)
def test_self_harm_is_answered_first(bot: Bot, state: str) -> None:
    assert not missed(bot, state, SELF_HARM, gives_samaritans)


@pytest.mark.parametrize("state", IN_DANGER)
def test_self_harm_while_in_danger_still_gets_999(bot: Bot, state: str) -> None:
    wanted = lambda reply: "999" in first_two(reply) and "?" not in words(reply)  # noqa: E731
    assert not missed(bot, state, SELF_HARM, wanted)


@pytest.mark.parametrize("state", IN_DANGER)
def test_self_harm_while_in_danger_is_not_forgotten(bot: Bot, state: str) -> None:
    conversation = bot.at(state)
    conversation.say(SELF_HARM[0])
    assert conversation.facts().self_harm


@pytest.mark.parametrize("state", ["fresh", "assessed", "question:threats"])
def test_having_taken_something_gets_an_ambulance(bot: Bot, state: str) -> None:
    reply = bot.at(state).say("ive just taken all my tablets and i want to die")
    assert "999" in first_two(reply)
    assert "ambulance" in words(reply)


@pytest.mark.parametrize("way", [*WAYS, "hangs"])
@pytest.mark.parametrize("state", ["fresh", "danger over", "question:fear"])
def test_danger_with_actions_dead(bot: Bot, breaking, way: str, state: str) -> None:
    endpoint = breaking(way)
    assert not missed(bot, state, DANGER[:2], sends_to_999)
    assert not missed(bot, state, SELF_HARM[:1], gives_samaritans)
    assert endpoint.calls == 0  # nothing that can fail stands before it


@pytest.mark.parametrize("yes", ["yes", "Yes.", "yeah", "yep", "yes i am", "Ydw", "oes", "help"])
def test_yes_to_the_opening_question(bot: Bot, yes: str) -> None:
    assert sends_to_999(bot.at("opened").say(yes))


def test_the_yes_button_of_the_opening(bot: Bot) -> None:
    assert sends_to_999(bot.at("opened").press("/emergency"))


@pytest.mark.parametrize("no", ["no", "not right now", "no i am safe at the moment", "na"])
def test_no_to_the_opening_question(bot: Bot, no: str) -> None:
    conversation = bot.at("opened")
    conversation.say(no)
    assert conversation.facts().danger == "none"


@pytest.mark.parametrize("state", ["safe to talk", "assessed", "danger over", "question:fear", "question:repeated"])
@pytest.mark.parametrize("texts", THREE_MESSAGES, ids=lambda texts: texts[-1])
def test_danger_told_over_three_messages(bot: Bot, state: str, texts: tuple[str, ...]) -> None:
    conversation = bot.at(state)
    replies = [conversation.say(text) for text in texts]
    assert conversation.facts().danger == "now", [words(reply) for reply in replies]
    assert sends_to_999(replies[-1])


@pytest.mark.parametrize("state", IN_DANGER)
def test_somebody_who_cannot_call(bot: Bot, state: str) -> None:
    for text in ("i cant call 999", "i have no signal i cannot phone them", "they arent answering 999"):
        reply = bot.at(state).say(text)
        assert "999" in first_two(reply), text
        assert "?" not in words(reply)
        assert len(words(reply).split()) <= MOST_WORDS


def test_the_button_for_somebody_who_cannot_call(bot: Bot) -> None:
    said = words(bot.at("danger now").press("/cannot_reach_999"))
    assert "999" in said
    assert "text" in said.lower()


@pytest.mark.parametrize("state", IN_DANGER)
@pytest.mark.parametrize(
    "text", ["ok", "im scared", "what do i do", "hello?", "🙂", "asdf", "no", "yes", "thanks", "bye"]
)
def test_danger_lasts_until_they_say_so(bot: Bot, state: str, text: str) -> None:
    conversation = bot.at(state)
    reply = conversation.say(text)
    assert conversation.facts().danger == "now"
    assert "999" in first_two(reply)
    assert "?" not in words(reply)
    assert len(words(reply).split()) <= MOST_WORDS


@pytest.mark.parametrize("text", ["im safe now", "he's gone and the police are here", "i am ok now, i got away"])
def test_danger_ends_when_they_say_so(bot: Bot, text: str) -> None:
    conversation = bot.at("danger now")
    conversation.say(text)
    assert conversation.facts().danger == "over"


@pytest.mark.parametrize("state", ["safe to talk", "danger now", "question:fear"])
@pytest.mark.parametrize("text", ["he has just left", "he was kicking the door but he has just driven off this minute"])
def test_just_left_is_still_999(bot: Bot, state: str, text: str) -> None:
    assert "999" in words(bot.at(state).say(text))


def test_no_detour_is_needed_after_danger(bot: Bot) -> None:
    """What they tell next is taken in again, and the same question does not jump at them with the 999 reply."""
    conversation = bot.at("danger in the interview")
    conversation.press("/danger_over")
    conversation.say("he also follows me home from work every day")
    assert "following" in conversation.facts().behaviours
