"""Where conversations stand while they last."""
