"""The dashboard's feed for a terminal: where it is, how it is followed, what is said of it."""
