"""The web application in which States exchange confidential review material."""
