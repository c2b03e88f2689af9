"""Rasa graph components: thin wrappers around `bot.recognition` and the safety gate."""
