"""Who one is: links, passphrases and sessions."""
