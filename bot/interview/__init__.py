"""Facts in, the next question out; answers, skips and corrections back into Facts. Pure functions."""
