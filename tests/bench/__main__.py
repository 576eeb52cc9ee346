"""`make bench`: measures, prints a table, writes build/bench.json; exit status 0 once it ran."""

import json
import sys
import tempfile
from pathlib import Path

from tests.bench import contents, crowds, elsewhere, growing, rendering, replicating, running, talking

BUILD = Path("build")


def main() -> int:
    with tempfile.TemporaryDirectory(prefix="portal-bench-") as folder:
        talk = Path(folder) / "talk"
        tree = growing.figures(Path(folder) / "tree")
        files = rendering.figures()
        replicas = replicating.figures(Path(folder) / "replicas")
        servers = elsewhere.figures(Path(folder) / "elsewhere")
        slow = crowds.figures(Path(folder) / "crowds")
        figures = [
            *contents.figures(),
            *running.figures(Path(folder)),
            *talking.figures(talk),
            *files,
            *tree,
            *replicas,
            *servers,
            *slow,
        ]
    BUILD.mkdir(exist_ok=True)
    (BUILD / "bench.json").write_text(json.dumps([figure.line() for figure in figures], indent=2) + "\n")
    width = max(len(figure.name) for figure in figures)
    for figure in figures:
        sign = "<=" if figure.at_most else ">="
        sys.stdout.write(
            f"{figure.name:<{width}}  {figure.value:7.2f}  {sign} {figure.target:<5}  "
            f"{'met   ' if figure.met else 'MISSED'}  beside: {figure.floor}\n"
        )
    return 0


if __name__ == "__main__":
    sys.exit(main())
