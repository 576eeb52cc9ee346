"""Records and files at rest, sealed."""
