"""What tools that aren't ours say of a PDF file: qpdf, poppler, exiftool."""

import shutil
import subprocess
from pathlib import Path
from typing import Final

import pytest

TOOLS: Final = {
    "qpdf": "qpdf",
    "pdftotext": "poppler-utils",
    "pdfimages": "poppler-utils",
    "pdftoppm": "poppler-utils",
    "pdfinfo": "poppler-utils",
    "exiftool": "libimage-exiftool-perl",
}


def need_tools() -> None:
    missing = {package for tool, package in TOOLS.items() if not shutil.which(tool)}
    if missing:
        pytest.skip(f"needs Debian's {', '.join(sorted(missing))}")


def run(*command: str | Path) -> bytes:
    return subprocess.run(command, capture_output=True, check=False, timeout=30).stdout  # some warn by their status


def words_in(file: Path, *options: str) -> str:
    return run("pdftotext", *options, file, "-").decode()


def everything_in(file: Path, folder: Path) -> bytes:
    """Return all that the tools get out of a file: its code unpacked, its text, its properties, its pictures."""
    unpacked = run("qpdf", "--qdf", "--object-streams=disable", file, "-")
    pictures = folder / "pictures"
    pictures.mkdir()
    run("pdfimages", "-all", file, pictures / "p")
    said = [run("exiftool", "-a", "-u", "-G", one) for one in sorted(pictures.iterdir())]
    raw = [one.read_bytes() for one in sorted(pictures.iterdir())]
    more = (run("pdfinfo", "-meta", file), run("pdfinfo", "-js", file), run("pdfinfo", "-dests", file))
    texts = run("pdftotext", file, "-"), run("pdftotext", "-nopgbrk", "-raw", file, "-")
    return b"\n".join(
        [file.read_bytes(), unpacked, run("exiftool", "-a", "-u", "-G", file), *texts, *more, *said, *raw]
    )


def complaints(file: Path) -> list[str]:
    """Return what qpdf has against a file's build."""
    done = subprocess.run(["qpdf", "--check", file], capture_output=True, text=True, check=False, timeout=30)
    return [line for line in (done.stdout + done.stderr).splitlines() if "WARNING" in line or "ERROR" in line] + (
        [f"status {done.returncode}"] if done.returncode else []
    )
