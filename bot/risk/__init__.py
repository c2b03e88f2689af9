"""Facts in, Assessment out: how seriously to take what a person has told, and for which reasons. Pure functions."""
