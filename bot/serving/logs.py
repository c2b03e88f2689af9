"""Rasa's log of a failed action carries the traceback, and a traceback can carry what somebody typed."""

import logging

_PROCESSOR = "rasa.core.processor"


def _without_traceback(record: logging.LogRecord) -> bool:
    record.exc_info = record.exc_text = record.stack_info = None
    return True


def drop_tracebacks() -> None:
    """Keep Rasa's own sentence about a failed action and drop the traceback behind it."""
    logger = logging.getLogger(_PROCESSOR)
    if _without_traceback not in logger.filters:
        logger.addFilter(_without_traceback)
