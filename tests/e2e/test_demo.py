"""`portal demo`, as a visitor runs it: the whole job once over HTTP, with their own files too; and what it refuses."""

import os
import re
import socket
import subprocess
import sys
from pathlib import Path
from subprocess import PIPE

import pytest

from portal.demo.folders import MARK
from portal.demo.seed import EVERYBODY
from portal.demo.servers import free_port
from tests.databases import IN_POSTGRESQL

ROOT = Path(__file__).parents[2]
pytestmark = pytest.mark.e2e
SECTIONS = (
    "What happened",
    "Who could read",
    "Questions and answers",
    "Who was refused",
    "What it came to",
    "What lies on the disk",
    "Who opened what",
    "The log",
)


def demo(folder: Path, *options: str, until: str | None = None, **settings: str) -> subprocess.CompletedProcess[str]:
    """Run the demonstration in a folder, on a port of its own: once, or until it says something."""
    port = str(free_port())
    path = os.pathsep.join(part for part in (os.environ.get("PYTHONPATH"), str(ROOT)) if part)
    environment = {**os.environ, "PYTHONPATH": path, "PYTHONIOENCODING": "utf-8", "PORTAL_PORT": port, **settings}
    command = [sys.executable, "-m", "portal", "demo", *(() if until else ("--once",)), *options]
    with subprocess.Popen(command, cwd=folder, env=environment, stdout=PIPE, stderr=PIPE, text=True) as running:
        said = ""
        while until and running.stdout and until not in said and (line := running.stdout.readline()):
            said += line
        if until:
            running.terminate()
        rest, wrong = running.communicate()
    return subprocess.CompletedProcess(command, running.returncode, said + rest, wrong)


def line_with(text: str, words: str) -> str:
    """Find the paragraph of the report that holds these words, on one line."""
    flat = re.sub(r"\n {4,}(?!“)", " ", text)
    return next((line for line in flat.splitlines() if words in line), "")


def test_the_main_job_holds_and_the_report_says_so_in_plain_words(tmp_path: Path) -> None:
    ran = demo(tmp_path)
    assert ran.returncode == 0, ran.stdout + ran.stderr
    assert not ran.stderr
    assert [title for title in SECTIONS if f"\n{title}\n-" not in ran.stdout] == []
    assert "✗" not in ran.stdout
    checks = ran.stdout.count("  ✓ ")
    assert checks > 75
    assert f"\nAll {checks} checks held.\n" in ran.stdout
    assert "“الرد على قائمة التقييم الذاتي.docx”" in ran.stdout
    assert "Wang Yunchuan (expert of Yunhai) read 4 documents, each the same as the original" in ran.stdout
    assert "not found every time" in line_with(ran.stdout, "Otto (expert of Aurelia)")
    assert "no more and no less" in line_with(ran.stdout, "That is what really happened")
    assert "it holds all that was asked and answered" in line_with(ran.stdout, "the whole dialogue along as a PDF")
    assert "words and sentences of drafts" in line_with(ran.stdout, "Nor anything of the dialogue")
    assert (tmp_path / "data" / MARK).exists()
    assert (tmp_path / "keys" / MARK).exists()


@pytest.mark.slow  # in three minutes, with two servers more
@IN_POSTGRESQL
def test_two_replicas_on_postgresql_and_an_object_store_do_the_same(tmp_path: Path) -> None:
    ran = demo(tmp_path, "--scaled")
    assert ran.returncode == 0, ran.stdout + ran.stderr
    assert [title for title in SECTIONS if f"\n{title}\n-" not in ran.stdout] == []
    assert re.search(r"\nAll \d+ checks held\.\n", ran.stdout)
    assert "2 replicas" in line_with(ran.stdout, "This time")
    assert "took over" in line_with(ran.stdout, "Each of them was killed once")
    assert not (tmp_path / "data" / "portal.db").exists()
    assert not (tmp_path / "data" / "objects").exists()


@pytest.mark.slow  # the whole demonstration once more, in a minute
def test_the_visitors_own_files_take_the_place_of_ours_whatever_their_names(tmp_path: Path) -> None:
    own = tmp_path / "own"
    (own / "folder").mkdir(parents=True)
    (own / "تقرير \u202eمقلوب.html").write_text("<script>alert('a page that is never shown')</script>", "utf-8")
    (own / 'quote" and \x1b[31m; line\nend.txt').write_text("A paper of the visitor's own, about nothing.", "utf-8")
    Path(os.fsdecode(os.fsencode(own) + b"/not \xff utf-8.bin")).write_bytes(os.urandom(50_000))
    (own / ".hidden").write_text("hidden", "utf-8")
    (own / "empty").touch()
    (own / "same.txt").write_text("A paper of the visitor's own, about nothing.", "utf-8")
    ran = demo(tmp_path, "--documents", str(own), until="keeps running")
    assert ran.returncode == 0, ran.stdout + ran.stderr
    links = re.findall(r"http://localhost:\d+/enter/\S+", ran.stdout)
    assert len(links) == len(set(links)) == len(EVERYBODY)
    assert "Your 3 files take the place of what Qamaria submits." in ran.stdout.replace("\n", " ")
    for left_out in (
        "“.hidden” is left out: it is hidden",
        "“empty” is left out: it is empty",
        "“folder” is left out",
        "“same.txt” is left out",
    ):
        assert left_out in ran.stdout
    assert "\x1b" not in ran.stdout
    assert "\u202e" not in ran.stdout
    assert "Wang Yunchuan (expert of Yunhai) read 4 documents, each the same as the original" in ran.stdout
    assert re.search(r"\nAll \d+ checks held\.\n", ran.stdout)


@pytest.mark.parametrize("mine", ["data", "keys"])
def test_a_folder_that_it_did_not_make_stays_as_it_is(tmp_path: Path, mine: str) -> None:
    (tmp_path / mine).mkdir()
    (tmp_path / mine / "portal.db").write_text("somebody's", "utf-8")
    ran = demo(tmp_path)
    assert ran.returncode == 1
    assert re.fullmatch(rf"portal: \S*{mine} holds something that the demonstration didn't make, .*\n", ran.stderr)
    assert [path.name for path in tmp_path.iterdir()] == [mine]
    assert [path.name for path in (tmp_path / mine).iterdir()] == ["portal.db"]


def test_a_port_that_is_taken_is_told_in_one_sentence_before_anything_is_touched(tmp_path: Path) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        ran = demo(tmp_path, PORTAL_PORT=str(taken.getsockname()[1]))
    assert ran.returncode == 1
    assert "choose another with PORTAL_PORT" in ran.stderr
    assert ran.stderr.count("\n") == 1
    assert list(tmp_path.iterdir()) == []


def test_a_folder_without_files_is_told_in_one_sentence(tmp_path: Path) -> None:
    (tmp_path / "own").mkdir()
    ran = demo(tmp_path, "--documents", "own")
    assert ran.returncode == 1
    assert "holds no file that can be uploaded" in ran.stderr
    assert [path.name for path in tmp_path.iterdir()] == ["own"]
