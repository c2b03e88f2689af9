"""Thin rasa_sdk adapters: slots in, replies out, no logic of their own."""
