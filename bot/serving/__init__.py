"""Running it all: the web server, the actions in process, the reviewed responses in place of Rasa's templates."""
