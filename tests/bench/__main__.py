"""`make bench`: measures part after part, prints each line as it is known, writes build/bench.json.

With names of parts (`python -m tests.bench crowds`) those alone; what takes long runs by its name, or with FULL=1. Exit
status 0 if every part ran.
"""

import json
import os
import sys
import tempfile
import traceback
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Final

from tests.bench import closed, contents, crowds, elsewhere, growing, rendering, replicating, running, talking, visiting
from tests.bench.measure import Figure

BUILD: Final = Path("build")
PARTS: Final[Mapping[str, Callable[[Path], list[Figure]]]] = {
    "contents": lambda _: contents.figures(),
    "running": running.figures,
    "closed": closed.figures,
    "talking": talking.figures,
    "rendering": lambda _: rendering.figures(),
    "growing": growing.figures,
    "replicating": replicating.figures,
    "elsewhere": elsewhere.figures,
    "crowds": crowds.figures,
    "visiting": visiting.figures,
    "visiting on a server": visiting.figures_on_server,
}
LONG: Final = ("visiting", "visiting on a server")
WIDTH: Final = 72


def main() -> int:
    figures: list[Figure] = []
    broken = 0
    ordinary = [part for part in PARTS if part not in LONG or os.environ.get("FULL")]
    for part in sys.argv[1:] or ordinary:
        with tempfile.TemporaryDirectory(prefix="portal-bench-") as folder:
            try:
                measured = PARTS[part](Path(folder))
            except Exception:  # noqa: BLE001 - one part that can't run leaves the others their figures
                traceback.print_exc()
                sys.stdout.write(f"{part:<{WIDTH}}  broke off: see above\n")
                broken += 1
                continue
        for figure in measured:
            tell(figure)
        figures += measured
    BUILD.mkdir(exist_ok=True)
    (BUILD / "bench.json").write_text(json.dumps([figure.line() for figure in figures], indent=2) + "\n")
    return 1 if broken else 0


def tell(figure: Figure) -> None:
    sign = "<=" if figure.at_most else ">="
    sys.stdout.write(
        f"{figure.name:<{WIDTH}}  {figure.value:7.2f}  {sign} {figure.target:<5}  "
        f"{'met   ' if figure.met else 'MISSED'}  beside: {figure.floor}\n"
    )
    sys.stdout.flush()


if __name__ == "__main__":
    sys.exit(main())
