"""Which nation of the UK a message reveals (`bot/content/places.yml`): the person's own, or none if unclear."""

import re
import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from bot.knowledge.loading import Item, load_items
from bot.paths import CONTENT

NATIONS = ("england", "wales", "scotland", "northern_ireland")
_AMBIGUOUS = "ambiguous"
_BEFORE = 70

_SIDE = r"(?:(?:the|north|south|east|west|central|mid|rural|near|outside|part of|middle of) )*$"
_IN = re.compile(r"\b(?:in|yn|yng|ym) " + _SIDE)
_MINE = re.compile(
    r"(?:\b(?:i|we)(?: am| m| ve| have| are| re)?|\bim)(?: now| currently| both| all| still| also)*"
    r"(?: (?:live|living|lived|stay|staying|based|work|moved|here|back))?(?: (?:here|now|back|over))*"
    r" (?:in|to) " + _SIDE + r"|\bbyw (?:yn|yng|ym) " + _SIDE
)
_NOT = re.compile(
    r"(?:\b(?:not|never|t|left|leave|leaving)|\bmoved (?:away )?from) (?:\w+ ){0,2}?(?:in |from )?" + _SIDE
)
_OTHERS = re.compile(
    r"\b(?:he|she|they|ex|ex (?:husband|wife|partner|boyfriend|girlfriend)|husband|wife|partner|boyfriend|girlfriend|"
    r"stalker|mum|mother|dad|father|parents|sister|brother|family|who)(?: s| is| was| has| are| re)?"
    r"(?: (?:now|still|also|currently|lives|live|living|lived|stays|moved|moving|works|working|based|from|back|over))*"
    r" (?:in|to|from|near) " + _SIDE
)


@dataclass(frozen=True, slots=True)
class Places:
    """Words by nation, ready to be found.

    Attributes:
        nations: nation of each word; None where the word is ambiguous.
        pattern: finds any of the words, the longest first.
    """

    nations: Mapping[str, str | None]
    pattern: re.Pattern[str]


def load_places(path: Path | None = None) -> Places:
    """Read and check the words.

    Args:
        path: the file; that of the project by default.

    Raises:
        ContentError: a word is not in lower case or stands under two nations; says file, line, key and what to do.
    """
    top = load_items(path or CONTENT / "places.yml").mapping((*NATIONS, _AMBIGUOUS))
    nations: dict[str, str | None] = {}
    found: dict[str, Item] = {}
    for nation in NATIONS:
        for group in top[nation].mapping().values():
            for item in group.items():
                word = _word(item)
                if word in nations and nations[word] != nation:
                    raise item.error("C020", value=word, other=found[word].line)
                nations[word], found[word] = nation, item
    for item in top[_AMBIGUOUS].items():
        word = _word(item)
        if word in nations:
            raise item.error("C020", value=word, other=found[word].line)
        nations[word] = None
    longest_first = sorted(nations, key=len, reverse=True)
    return Places(nations, re.compile(r"\b(?:" + "|".join(map(re.escape, longest_first)) + r")\b"))


def nation_of(text: str) -> str | None:
    """The nation that a message reveals.

    "I live in X" outranks "in X", which outranks a bare name. Where somebody else lives, and where the person is not,
    counts for nothing. Two nations of the same rank give None.

    >>> nation_of("He follows me home from work in Swansea")
    'wales'
    >>> nation_of("My ex lives in Leeds and I live in Newry")
    'northern_ireland'
    >>> nation_of("He drove from Leeds to Glasgow") is None
    True
    """
    places = _places()
    plain = _plain(text)
    ranks: dict[int, set[str]] = {}
    for match in places.pattern.finditer(plain):
        nation = places.nations[match.group()]
        rank = _rank(plain[max(0, match.start() - _BEFORE) : match.start()])
        if nation and rank is not None:
            ranks.setdefault(rank, set()).add(nation)
    if not ranks:
        return None
    best = ranks[min(ranks)]
    return best.pop() if len(best) == 1 else None


@cache
def _places() -> Places:
    return load_places()


def _rank(before: str) -> int | None:
    """1 for the person's own place, 2 for "in X", 3 for a bare name; None for somebody else's or a denied one."""
    if _NOT.search(before) or _OTHERS.search(before):
        return None
    if _MINE.search(before):
        return 1
    return 2 if _IN.search(before) else 3


def _plain(text: str) -> str:
    """Lower case, no accents; one blank for what is no letter, one full stop for the end of a sentence."""
    letters = unicodedata.normalize("NFKD", text.casefold())
    kept = "".join(letter for letter in letters if not unicodedata.combining(letter))
    ended = re.sub(r"[.!?;:\n]+", " . ", kept)
    return re.sub(r"[^\w.]+", " ", ended)


def _word(item: Item) -> str:
    word = item.text()
    if word != word.lower():
        raise item.error("C021", value=word, wanted=word.lower())
    return _plain(word).strip()
