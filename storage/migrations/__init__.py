"""Steps from one released schema to the next, forward only."""
