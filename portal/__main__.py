"""The command `portal`: reads the command line's libraries, which takes most of a start, and runs it."""

import gc
import sys


def main() -> int:
    """Run a command; give its exit status."""
    gc.disable()  # looking for garbage among what is only being imported would take an eighth of a start
    from portal import cli

    gc.freeze()
    gc.enable()
    return cli.main()


if __name__ == "__main__":
    sys.exit(main())
