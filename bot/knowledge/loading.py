"""Reads a reviewed YAML file and keeps the line of every value, so that an error can say where to look."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import yaml

from bot.errors import ContentError

_Loader: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
_NAMES = {dict: "a mapping", list: "a list", str: "text", bool: "true or false", int: "a whole number"}


@dataclass(frozen=True)
class Item:
    """One value of a file and the place where it stands.

    Attributes:
        path: the file.
        line: counted from 1.
        key: the way to it from the top of the file, such as `services[3].phone`.
    """

    path: Path
    line: int
    key: str
    _node: yaml.Node

    def error(self, code: str, **details: object) -> ContentError:
        """An error about this value, ready to be raised."""
        return ContentError.at(code, self.path, self.line, self.key, **details)

    @cached_property
    def value(self) -> Any:
        """A plain value (text, number, true, false, null); `dict` or `list` as a type for the others."""
        if isinstance(self._node, yaml.MappingNode):
            return dict
        if isinstance(self._node, yaml.SequenceNode):
            return list
        return yaml.constructor.SafeConstructor().construct_object(self._node)

    @property
    def empty(self) -> bool:
        """Whether it is null, or nothing stands after the colon."""
        return self.value is None

    def mapping(self, required: Iterable[str] | None = None, optional: Iterable[str] = ()) -> dict[str, "Item"]:
        """The entries of a mapping by key, in the order of the file.

        Args:
            required: keys that must be there; None allows every key.
            optional: keys that may be there too.

        Raises:
            ContentError: no mapping, a key twice, a missing or an unknown key.
        """
        if not isinstance(self._node, yaml.MappingNode):
            raise self._unlike(dict)
        found: dict[str, Item] = {}
        for key_node, value_node in self._node.value:
            name = str(key_node.value)
            entry = self._child(name, f"{self.key}.{name}" if self.key else name, key_node, value_node)
            if name in found:
                raise entry.error("C003")
            found[name] = entry
        if required is not None:
            self._check_keys(found, tuple(required), tuple(optional))
        return found

    def items(self) -> Iterator["Item"]:
        """The entries of a list.

        Raises:
            ContentError: no list.
        """
        if not isinstance(self._node, yaml.SequenceNode):
            raise self._unlike(list)
        for position, node in enumerate(self._node.value):
            yield self._child("", f"{self.key}[{position}]", node, node)

    def text(self) -> str:
        """Text that is not blank.

        Raises:
            ContentError: a number, a date, a mapping, or nothing.
        """
        if not isinstance(self.value, str) or not self.value.strip():
            raise self._unlike(str)
        return self.value

    def whole_number(self) -> int:
        """A whole number.

        Raises:
            ContentError: anything else.
        """
        if type(self.value) is not int:
            raise self._unlike(int)
        return self.value

    def flag(self) -> bool:
        """True or false.

        Raises:
            ContentError: anything else.
        """
        if type(self.value) is not bool:
            raise self._unlike(bool)
        return self.value

    def texts(self) -> tuple[str, ...]:
        """A list of texts."""
        return tuple(item.text() for item in self.items())

    def one_of(self, allowed: Iterable[str]) -> str:
        """Text that is one of those.

        Raises:
            ContentError: it is another.
        """
        text, known = self.text(), tuple(allowed)
        if text not in known:
            raise self.error("C010", value=text, allowed=", ".join(known))
        return text

    def _child(self, name: str, key: str, place: yaml.Node, node: yaml.Node) -> "Item":
        return Item(self.path, place.start_mark.line + 1, key, node)

    def _unlike(self, wanted: type) -> ContentError:
        value = self.value
        found = _NAMES.get(value, repr(value)) if isinstance(value, type) else "empty" if value is None else repr(value)
        hint = ", with quotes around it" if wanted is str and not isinstance(value, type) and value is not None else ""
        return self.error("C004", wanted=_NAMES[wanted], found=found, hint=hint)

    def _check_keys(self, found: dict[str, "Item"], required: tuple[str, ...], optional: tuple[str, ...]) -> None:
        for name, entry in found.items():
            if name not in required and name not in optional:
                raise entry.error("C006", allowed=", ".join((*required, *optional)))
        for name in required:
            if name not in found:
                key = f"{self.key}.{name}" if self.key else name
                raise ContentError.at("C005", self.path, self.line, key)


def load_items(path: Path) -> Item:
    """The whole of a YAML file.

    Raises:
        ContentError: it cannot be read, or it is not YAML.
    """
    try:
        node = yaml.compose(path.read_text(encoding="utf-8"), Loader=_Loader)
    except (OSError, UnicodeDecodeError) as error:
        raise ContentError.at("C002", path, 1, "file", detail=error) from error
    except yaml.YAMLError as error:
        mark = getattr(error, "problem_mark", None)
        detail = getattr(error, "problem", None) or error
        raise ContentError.at("C001", path, mark.line + 1 if mark else 1, "file", detail=detail) from error
    if node is None:
        raise ContentError.at("C005", path, 1, "content")
    return Item(path, 1, "", node)
