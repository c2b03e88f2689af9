"""What to say next: facts, advice and services put together into replies. Pure; knows nothing of Rasa."""
