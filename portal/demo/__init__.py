"""The demonstration: an invented cycle, its people and their documents."""
