"""The command `portal`: reads the command line's libraries, which takes most of a start, and runs it."""

import sys

from portal.importing import importing


def main() -> int:
    """Run a command; give its exit status."""
    if sys.argv[1:2] == ["ready"]:  # asked all the time: what the other commands need takes a second of a processor
        from portal import ready

        return ready.main(sys.argv[2:])
    with importing():
        from portal import cli
    return cli.main()


if __name__ == "__main__":
    sys.exit(main())
