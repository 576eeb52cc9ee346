"""Checks a whole installation, changes nothing in it, and says what to mend."""
