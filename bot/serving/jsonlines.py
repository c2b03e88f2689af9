"""Recognition of JSON Lines: one `{"id", "text"}` a line in, one recognition a line out."""

import json
from collections.abc import Callable, Iterable
from typing import Any

from bot.errors import SignpostError
from bot.recognition.recognition import Recognition


class LineError(SignpostError):
    """A line that is no `{"id", "text"}`; the text says why, and never repeats the line."""


def parse(line: bytes) -> tuple[str | int, str]:
    """The id and the text of one line.

    Raises:
        LineError: it has none.

    >>> parse(b'{"id": "a1", "text": "he follows me"}')
    ('a1', 'he follows me')
    """
    try:
        row = json.loads(line.decode("utf-8-sig"))
    except (ValueError, RecursionError):
        raise LineError("is not JSON in UTF-8") from None
    if not isinstance(row, dict):
        raise LineError('is not an object such as {"id": "1", "text": "..."}')
    name, text = row.get("id"), row.get("text")
    if not isinstance(name, str | int) or isinstance(name, bool):
        raise LineError('has no "id" (a string or a whole number)')
    if not isinstance(text, str):
        raise LineError('has no "text" (a string)')
    # A lone surrogate, which JSON can hold, becomes one question mark, so offsets stay.
    return name, text.encode("utf-8", "replace").decode()


def recognise_lines(
    lines: Iterable[bytes],
    recognise: Callable[[str], Recognition],
    write: Callable[[bytes], Any],
    complain: Callable[[str], Any],
) -> int:
    """Recognise line by line; a bad line is reported, and the next one read.

    Args:
        lines: of any source, with or without their ends.
        recognise: the recogniser.
        write: receives each recognition as a line, its `id` first.
        complain: receives one text a bad line, by number.

    Returns:
        how many lines were bad.
    """
    bad = 0
    for number, line in enumerate(lines, start=1):
        if not line.strip():
            continue
        try:
            name, text = parse(line)
            found = recognise(text)
        except LineError as error:
            bad += 1
            complain(f"line {number} {error}")
        else:
            row = json.dumps({"id": name, **found.as_dict()}, ensure_ascii=False)
            write(row.encode("utf-8", "backslashreplace") + b"\n")
    return bad
