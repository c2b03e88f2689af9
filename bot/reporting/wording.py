"""Labels and numbers as a report writes them."""

_NAMES = {
    "children_used": "Children used against them",
    "gifts_letters": "Gifts or letters",
    "identity_fraud": "Identity fraud",
    "impersonation_fake_profiles": "Impersonation or fake profiles",
    "legal_system_abuse": "Abuse of the legal system",
    "sexual_violence": "Sexual violence",
    "third_party_contact": "Contact with people around them",
    "threats_suicide": "Threats of suicide",
    "threats_violence": "Threats of violence",
    "tracking_device_spyware": "Tracking device or spyware",
    "unwanted_contact_online": "Unwanted contact online",
    "unwanted_contact_phone": "Unwanted contact by phone",
    "using_others": "Getting others to act",
    "watching_loitering": "Watching or loitering",
    "workplace_contact": "Contact at work",
}


def name_of(label: str | None) -> str:
    """A label in plain words.

    >>> name_of("break_in"), name_of("gifts_letters"), name_of(None)
    ('Break in', 'Gifts or letters', 'No answer')
    """
    if label is None:
        return "No answer"
    return _NAMES.get(label) or str(label).replace("_", " ").capitalize()


def percent(share: float | None) -> str:
    r"""A share in whole per cent; one place near the ends, so that rare is not never and almost is not always.

    >>> [percent(share).replace("\u00a0", " ") for share in (0.5714, 0.031, 0.998, 1, None)]
    ['57 %', '3.1 %', '99.8 %', '100 %', '–']
    """
    if share is None:
        return "–"
    places = 1 if 0 < share < 0.0995 or 0.995 <= share < 1 else 0
    return f"{100 * share:.{places}f}\u00a0%"


def decimal(value: float | None) -> str:
    """Two places.

    >>> decimal(0.699), decimal(None)
    ('0.70', '–')
    """
    return "–" if value is None else f"{value:.2f}"


def counted(number: int, one: str, more: str | None = None) -> str:
    """A number and its noun.

    >>> counted(1, "row"), counted(1200, "row"), counted(0, "reply", "replies")
    ('1 row', '1,200 rows', '0 replies')
    """
    return f"{number:,} {one if number == 1 else more or one + 's'}"
