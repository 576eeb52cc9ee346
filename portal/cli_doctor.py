"""`portal doctor`: examine the installation; 0: nothing is wrong, 1: something is to be mended."""

import argparse
import json
import sys

from portal.settings import Settings


def doctor(_settings: Settings, arguments: argparse.Namespace) -> int:
    """Examine, and say what is wrong and how to mend it."""
    from portal.doctor.examination import examine
    from portal.doctor.findings import as_json, as_text, is_sound

    findings = examine()
    text = json.dumps(as_json(findings), indent=2) if arguments.json else as_text(findings)
    sys.stdout.write(f"{text}\n")
    return 0 if is_sound(findings) else 1


def doctor_options(one: argparse.ArgumentParser) -> None:
    """Add the options."""
    one.add_argument("--json", action="store_true", help="print JSON")
