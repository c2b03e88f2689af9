"""Text in, Recognition out: what a message describes, and the words that show it."""
