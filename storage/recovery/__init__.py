"""The offline recovery key, and the format of backups that are sealed to it."""
