"""Typed, validated loaders of the reviewed files in `bot/content`."""
