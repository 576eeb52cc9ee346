"""What is told to operators: an error in one line, and an account by its name."""

import os
import pwd


def in_a_line(error: Exception) -> str:
    """Say in one line, at the command line, what went wrong: of a file its name, and who may not touch it."""
    if isinstance(error, OSError) and error.filename is not None and error.strerror:
        whom = f" (asked as the account {account_name(os.geteuid())})" if isinstance(error, PermissionError) else ""
        return f"{os.fsdecode(error.filename)}: {error.strerror}{whom}"
    return " ".join(str(error).split()) or type(error).__name__


def account_name(number: int) -> str:
    """Give the name of an account of this machine."""
    try:
        return pwd.getpwuid(number).pw_name
    except KeyError:
        return f"account {number}"
