"""Signpost: recognises behaviour that may be stalking and gives the next step."""

__version__ = "0.1.0"
