"""HTML and SVG out of plain values: every text is escaped unless it is markup already."""

from html import escape

# What HTML cannot hold, lone surrogates, and the marks that turn the direction of the text after them.
_UNPRINTABLE = dict.fromkeys(
    (
        *range(9),
        *range(11, 13),
        *range(14, 32),
        *range(127, 160),
        *range(0x202A, 0x202F),
        *range(0x2066, 0x206A),
        *range(0xD800, 0xE000),
    ),
    "\ufffd",
)


class Markup(str):
    """Text that is HTML already."""

    __slots__ = ()


def element(name: str, *children: str, **attributes: object) -> Markup:
    """One element with its children, which are escaped unless they are `Markup`.

    Args:
        name: of the element.
        children: what stands in it.
        attributes: an underscore stands for a hyphen, one at the end is dropped; None leaves the attribute out.

    >>> element("p", "a < b", class_="x", aria_label='say "no"')
    '<p class="x" aria-label="say &quot;no&quot;">a &lt; b</p>'
    """
    given = "".join(
        f' {key.rstrip("_").replace("_", "-")}="{text(str(value))}"'
        for key, value in attributes.items()
        if value is not None
    )
    return Markup(f"<{name}{given}>{joined(*children)}</{name}>")


def joined(*children: str) -> Markup:
    """Children one after another, escaped unless they are `Markup`."""
    return Markup("".join(text(child) for child in children))


def text(value: str) -> Markup:
    r"""Escaped for text and for attributes; what cannot be shown becomes U+FFFD.

    >>> text("<b>\x00")
    '&lt;b&gt;\ufffd'
    """
    if isinstance(value, Markup):
        return value
    return Markup(escape(value.translate(_UNPRINTABLE)))
