"""The log of every access, written before anything confidential is shown."""
