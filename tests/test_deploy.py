"""deploy/ does what it says: its unit, proxy file, settings, and the drill of its paper, carried out as written."""

import os
import re
import shlex
import shutil
import subprocess
import sys
import tomllib
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, fields, replace
from itertools import takewhile
from pathlib import Path
from uuid import UUID

import pytest

from portal import cli
from portal.app import create_portal, open_portal
from portal.domain.documents import DocumentKind
from portal.errors import PortalError
from portal.settings import PLACES, Settings
from portal.usecases.contents import take_content
from portal.usecases.downloads import begin_download, end_download
from portal.usecases.uploads import Described, begin_upload, keep_document
from portal.work import Portal
from storage.certifying import make_certificates
from storage.errors import Damaged, KeyUnavailable
from storage.schema import Elsewhere
from storage.tables import Version
from tests.cast import World
from tests.databases import IN_POSTGRESQL, ONLY_SQLITE, server

DEPLOY = Path(__file__).parents[1] / "deploy"
PAPER = DEPLOY / "README.md"
UNIT = DEPLOY / "systemd" / "portal.service"
OFFICE = DEPLOY / "systemd" / "office.conf"
WITNESS_UNIT = DEPLOY / "systemd" / "portal-witness.service"
CADDYFILE = DEPLOY / "Caddyfile"
ENVIRONMENT = DEPLOY / "env.example"
CONTENT = b"What the State wrote. " * 5000
# what a command asks for
TITLE = "A title that nobody guesses: Quillwort"

pytestmark = pytest.mark.checkout
needs_analyze = pytest.mark.skipif(
    shutil.which("systemd-analyze") is None, reason="needs Debian's systemd (apt-get install systemd)"
)


def paper(section: str) -> str:
    """Give one section of the paper."""
    return PAPER.read_text("utf-8").split(f"\n## {section}\n")[1].split("\n## ")[0]


def commands(text: str) -> list[str]:
    """Give the lines of a section that are for root's shell."""
    return re.findall(r"^ {4}# (.+)$", text, re.MULTILINE)


def settings_of(line_file: Path) -> dict[str, str]:
    lines = [line for line in line_file.read_text("utf-8").splitlines() if line and not line.startswith("#")]
    return dict(line.split("=", 1) for line in lines)


def unit_lines(name: str, unit: Path = UNIT) -> list[str]:
    return re.findall(rf"^{name}=(.*)$", unit.read_text("utf-8").replace("\\\n", ""), re.MULTILINE)


# --- settings -----------------------------------------------------------------------------------------------------


def test_the_table_of_settings_is_the_settings() -> None:
    rows = re.findall(r"^\| `(\w+)` \| (?:`([^`]*)`)? ?\|", paper("Settings"), re.MULTILINE)
    plain = Settings()
    assert [name for name, _ in rows] == [one.name for one in fields(Settings)]
    for name, default in rows:
        value = getattr(plain, name)
        assert default == (" ".join(value) if isinstance(value, tuple) else str(value)), name


def test_no_setting_has_a_secret_as_its_default() -> None:
    secret = [one.name for one in fields(Settings) if not one.repr]
    assert secret
    assert not any(getattr(Settings(), name) for name in secret)


def test_each_secret_setting_has_its_time() -> None:
    table = paper("Keys: rotate, retire").partition("### The other secrets, and when they change")[2]
    rows = [line.split(" | ") for line in table.splitlines() if line.startswith("| ")][2:]
    assert all(often and how for _, often, how in rows)
    secret = {one.name for one in fields(Settings) if not one.repr}
    assert secret <= set(re.findall(r"`(\w+)`", " ".join(what for what, _, _ in rows)))


def test_the_example_of_settings_is_taken_and_fits_the_unit(tmp_path: Path) -> None:
    environment = settings_of(ENVIRONMENT)
    known = {f"PORTAL_{one.name.upper()}" for one in fields(Settings)}
    assert set(environment) - {"PORTAL_CONFIG"} <= known
    assert not Path(environment["PORTAL_CONFIG"]).is_relative_to(environment["PORTAL_DATA"])
    settings = Settings.load(environment, tmp_path / "none.toml")
    assert unit_lines("ReadWritePaths") == [str(settings.data)]
    assert unit_lines("ReadOnlyPaths") == [str(settings.keys)]
    assert not settings.keys.is_relative_to(settings.data)
    assert unit_lines("SocketBindAllow") == [f"ipv4:tcp:{settings.port}"]
    assert settings.proxies == ("127.0.0.1",)
    made = next(line.split()[-1] for line in commands(paper("Install")) if " tls make " in line)
    assert settings.tls_folder == f"{made}/portal"
    assert f"-{made}/proxy" in unit_lines("InaccessiblePaths")[0].split(), "what people may be is the proxy's to say"


def named_commands(text: str) -> Iterator[tuple[list[str], set[str]]]:
    """Give the portal's commands that a paper names, in blocks and in sentences: their words, and their options."""
    first = {command.words[0] for command in cli.COMMANDS}
    for line in {*re.findall(r"^ {4}(?:[#$] )?(.+)$", text, re.MULTILINE), *re.findall(r"`([^`\n]+)`", text)}:
        for found in re.finditer(r"(?:^|[ /])portal ([a-z]+)\b([^&|;>]*)", line):
            if found[1] in first:
                words = [found[1], *found[2].split()]
                options = {word.partition("=")[0] for word in words if word.startswith("--")}
                yield list(takewhile(lambda word: word.isalpha() and word.islower(), words)), options


def test_every_command_that_the_paper_names_is_one_and_so_is_every_option(capsys: pytest.CaptureFixture[str]) -> None:
    named = list(named_commands(PAPER.read_text("utf-8")))
    assert {("init",), ("fsck",), ("keys", "rotate")} <= {tuple(words) for words, _ in named}
    assert {"--keep", "--all", "--fingerprint", "--list"} <= set().union(*(options for _, options in named))
    for words, options in named:
        with pytest.raises(SystemExit) as ended:
            cli.main([*words, "--help"])
        told = capsys.readouterr()
        assert ended.value.code == 0, (words, told.err)
        assert options <= set(re.findall(r"--[a-z-]+", told.out)), words


# --- the unit and the proxy ---------------------------------------------------------------------------------------


def exposure(unit: Path) -> float:
    """Have systemd judge a unit: 0 is closed, 10 open."""
    told = subprocess.run(
        ["systemd-analyze", "security", "--offline=true", "--no-pager", unit],
        capture_output=True,
        text=True,
        check=True,
    )
    found = re.search(rf"Overall exposure level for {unit.name}: ([0-9.]+)", told.stdout)
    assert found
    return float(found[1])


@needs_analyze
@pytest.mark.parametrize("unit", [UNIT, WITNESS_UNIT], ids=lambda unit: unit.stem)
def test_the_unit_leaves_little_open(unit: Path) -> None:
    assert exposure(unit) < 2


@needs_analyze
def test_the_unit_leaves_little_open_where_office_files_are_shown(tmp_path: Path) -> None:
    further = OFFICE.read_text("utf-8").partition("RestrictNamespaces=\n")[2]
    begin, install, end = UNIT.read_text("utf-8").replace("RestrictNamespaces=yes\n", "").partition("[Install]")
    merged = tmp_path / UNIT.name  # as systemd reads both; it judges one file alone
    merged.write_text(begin + further + install + end)
    told = exposure(merged)
    assert exposure(UNIT) + 0.5 < told < 2
    assert f"{told} instead of {exposure(UNIT)}" in PAPER.read_text("utf-8")


def test_the_unit_of_a_witness_runs_what_the_paper_sets_up() -> None:
    words = shlex.split(unit_lines("ExecStart", WITNESS_UNIT)[0])
    given = cli.parser().parse_args(words[1:])
    said = commands(paper("Run a witness"))
    begun = next(shlex.split(line) for line in said if line.endswith("--new"))
    home = Path("/var/lib/portal-witness")
    by_hand = cli.parser().parse_args(begun[begun.index(words[0]) + 1 :])
    assert (given.key, given.state) == (home / by_hand.key, home / by_hand.state)
    assert (given.logs, given.new, by_hand.new) == (by_hand.logs, False, True)
    assert unit_lines("ReadWritePaths", WITNESS_UNIT) == [str(home)]
    assert unit_lines("ReadOnlyPaths", WITNESS_UNIT) == [str(given.key)]
    assert unit_lines("SocketBindAllow", WITNESS_UNIT) == [f"ipv4:tcp:{given.listen.rpartition(':')[2]}"]
    assert unit_lines("IPAddressAllow", WITNESS_UNIT) == ["localhost"]
    for line in (f"install -d -m 0700 -o portal-witness -g portal-witness {home}", f"cd {home}"):
        assert line in said


def test_the_unit_keeps_keys_out_of_reach_of_dumps_swap_and_the_service_itself() -> None:
    assert unit_lines("LimitCORE") == ["0"]
    assert unit_lines("MemorySwapMax") == ["0"]
    assert unit_lines("UMask") == ["0077"]
    assert unit_lines("ProtectSystem") == ["strict"]
    assert "keys" not in "".join(unit_lines("ReadWritePaths"))


@pytest.mark.parametrize("unit", [UNIT, WITNESS_UNIT], ids=lambda unit: unit.stem)
def test_the_unit_bounds_what_the_service_takes_of_the_machine(unit: Path) -> None:
    for name in ("TasksMax", "LimitNOFILE", "MemoryMax"):
        assert unit_lines(name, unit), name


def test_the_service_is_given_time_to_end_what_runs() -> None:
    assert int(unit_lines("TimeoutStopSec")[0]) >= Settings().ending_seconds + 20


def test_the_proxy_exchanges_keys_that_last() -> None:
    text = CADDYFILE.read_text("utf-8")
    curves = re.search(r"^\s+curves (.+)$", text, re.MULTILINE)
    protocols = re.search(r"^\s+protocols (.+)$", text, re.MULTILINE)
    assert curves
    assert curves[1].split()[0] == "x25519mlkem768"
    assert protocols
    assert protocols[1].split() == ["tls1.2", "tls1.3"]


def test_the_proxy_passes_bodies_on_and_leaves_the_portals_headers_alone() -> None:
    lines = [line.strip() for line in CADDYFILE.read_text("utf-8").splitlines() if not line.strip().startswith("#")]
    words = {line.split()[0] for line in lines if line}
    assert not words & {"request_buffers", "response_buffers", "encode", "log", "trusted_proxies", "read_body"}
    proxied = [line for line in lines if line.startswith("reverse_proxy")]
    assert proxied == ["reverse_proxy https://127.0.0.1:8000 {", "reverse_proxy https://127.0.0.1:9464 {"]
    of_pages, of_numbers = ["header_up Host {hostport}", "header -Server"], ["header -Server"]
    assert [line for line in lines if line.startswith("header")] == ["header_down -Server", *of_pages, *of_numbers]
    assert lines.count("import to_the_portal") == 2
    assert not words & {"request_body", "max_size"}  # a form with many files is one long body, which the portal bounds
    assert sum(line.count("{") for line in lines) == sum(line.count("}") for line in lines)


def test_the_proxy_keeps_the_portals_health_to_the_machine() -> None:
    text = CADDYFILE.read_text("utf-8")
    assert "@machine path /healthz /readyz /metrics" in text
    assert "respond @machine 404" in text
    assert "-Server" in text


@pytest.mark.parametrize("file", ["Caddyfile", "Caddyfile.replica", "Caddyfile.scaled"])
def test_the_proxy_and_the_portal_know_each_other_by_certificates(file: str, tmp_path: Path) -> None:
    text = (DEPLOY / file).read_text("utf-8")
    said = re.search(r"tls_client_auth (\S+) (\S+)\n\s+tls_trust_pool file (\S+)\n", text)
    assert said
    folder = Path("/etc/portal-tls")
    make_certificates(tmp_path / folder.name)
    for path in said.groups():
        assert (tmp_path / folder.name / Path(path).relative_to(folder)).exists(), path
    assert len(re.findall(r"^\s+reverse_proxy https://127", text, re.MULTILINE)) == text.count("import to_the_portal")
    assert "reverse_proxy 127" not in text
    assert "insecure" not in text


@pytest.mark.parametrize("file", ["Caddyfile", "Caddyfile.replica"])
def test_numbers_leave_the_machine_by_tls_alone_at_a_port_of_their_own(file: str) -> None:
    portal, numbers = re.split(r"^\S+:9465 \{$", (DEPLOY / file).read_text("utf-8"), flags=re.MULTILINE)
    assert "9464" not in re.sub(r"#.*", "", portal)
    said = [line.strip() for line in numbers.splitlines()]
    assert {"@other not path /metrics", "respond @other 404", "reverse_proxy https://127.0.0.1:9464 {"} <= set(said)
    assert "protocols tls1.2 tls1.3" in said


# --- the drill: stop, copy data and keys apart, start; restore ----------------------------------------------------


@dataclass(frozen=True)
class Kept:
    """A document that must come back."""

    version: UUID
    document: UUID


def keep_something(world: World) -> Kept:
    caller, room = world.caller("expert_xaa"), world.files["xaa"].rooms["national XAA"]
    with world.request():
        upload = begin_upload(world.portal, caller, room, "law.txt", "text/plain")
        arrived = take_content(world.portal, upload, [CONTENT])
        said = Described(DocumentKind.LAW, "en", TITLE)
        return Kept(upload.version, keep_document(world.portal, caller, upload, arrived, said).document)


def read_back(portal: Portal, world: World, kept: Kept) -> bytes:
    again = World(portal, world.clock, world.members, world.files)
    with again.request():
        found = begin_download(portal, again.caller("focal_xaa"), kept.version)
        content = b"".join(found.blocks())
        end_download(portal, found.intent, "complete", len(content))
    assert found.name == "law.txt"
    return content


@dataclass
class Drill:
    """Carries out the commands of the paper on folders of its own."""

    world: World
    folder: Path
    open_again: Callable[[], Portal]
    running: bool = True
    set: dict[str, str] = field(default_factory=dict)  # in the environment besides

    def do(self, line: str) -> None:
        """Carry out one line."""
        line = line.replace("$(date +%F-%H%M)", "2026-11-24-1830")
        for place, own in (
            ("/var/lib/portal-keys", self.folder / "keys"),
            ("/var/lib/portal-before", self.folder / "before"),
            ("/var/lib/portal", self.folder / "data"),
            ("/mnt/backup-data", self.folder / "backup-data"),
            ("/mnt/backup", self.folder / "backup"),
            ("/mnt/shares", self.folder / "shares"),
            ("/mnt/backup-keys", self.folder / "backup-keys"),
            ("/etc/portal", self.folder / "etc"),
        ):
            line = re.sub(rf"(?<![a-z]){place}(?=[ /]|$)", str(own), line)
        match shlex.split(line):
            case ["systemctl", "stop", "portal"]:
                if self.running:
                    self.world.portal.database.close()
                self.running = False
            case ["systemctl", "start", "portal"]:
                self.world.portal = self.open_again()
                self.running = True
            case ["portal", *words]:
                assert run_portal(self.folder, *words, **self.set) == 0
            case ["install", "-d", *_, place]:
                Path(place).mkdir(mode=0o700, parents=True)
            case ["cp" | "mv", *_] as words:
                assert not self.running, line
                subprocess.run(words, check=True)
            case _:
                pytest.fail(f"the drill doesn't know: {line}")


def run_portal(folder: Path, *words: str, **more: str) -> int:
    environment = {
        "PATH": os.environ["PATH"],
        "PYTHONPATH": os.pathsep.join(p for p in sys.path if p),
        "PORTAL_DATA": str(folder / "data"),
        "PORTAL_KEYS": str(folder / "keys"),
        **more,
    }
    done = subprocess.run(
        [sys.executable, "-m", "portal", *words],
        env=environment,
        cwd=folder,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.returncode


def settings_in(folder: Path) -> Settings:
    return Settings(data=folder / "data", keys=folder / "keys")


@pytest.fixture
def drill(world: World, tmp_path: Path) -> Iterator[Drill]:
    for name in ("backup-data", "backup-keys"):
        (tmp_path / name).mkdir()
    one = Drill(world, tmp_path, lambda: open_portal(settings_in(tmp_path), world.clock))
    yield one
    one.world.portal.database.close()


def steps(which: str) -> list[str]:
    back_up, restore = paper("Copy and bring back by hand").split("To restore,")
    return commands(back_up if which == "back up" else restore)


@ONLY_SQLITE
def test_stop_copy_data_and_keys_apart_start_and_restore(drill: Drill) -> None:
    kept = keep_something(drill.world)
    for line in steps("back up"):
        drill.do(line)
    assert read_back(drill.world.portal, drill.world, kept) == CONTENT
    assert not list((drill.folder / "backup-data").rglob("keyring.json"))

    drill.do("systemctl stop portal")
    shutil.rmtree(drill.folder / "keys")  # the worst day: both are lost
    for line in steps("restore"):
        drill.do(line)
    assert drill.running
    assert read_back(drill.world.portal, drill.world, kept) == CONTENT


@ONLY_SQLITE
def test_a_backup_of_the_data_opens_nothing_without_keys_or_with_other_ones(drill: Drill, tmp_path: Path) -> None:
    keep_something(drill.world)
    for line in steps("back up"):
        drill.do(line)
    drill.do("systemctl stop portal")
    copied = tmp_path / "backup-data" / "portal-2026-11-24-1830"

    none = Settings(data=copied, keys=tmp_path / "none")
    with pytest.raises(KeyUnavailable):
        open_portal(none)

    other = Settings(data=tmp_path / "elsewhere" / "data", keys=tmp_path / "elsewhere" / "keys")
    create_portal(other).database.close()
    with pytest.raises((KeyUnavailable, Damaged)):
        open_portal(Settings(data=copied, keys=other.keys))


@ONLY_SQLITE
def test_a_backup_of_the_data_holds_no_word_in_the_clear(drill: Drill) -> None:
    keep_something(drill.world)
    for line in steps("back up"):
        drill.do(line)
    files = [path for path in (drill.folder / "backup-data").rglob("*") if path.is_file()]
    held = b"".join(path.read_bytes() for path in files)
    assert len(held) > len(CONTENT)
    for word in (b"Quillwort", b"What the State wrote", b"law.txt", b"focal_xaa@example.org"):
        assert word not in held


@ONLY_SQLITE
def test_back_up_while_it_runs_lose_everything_and_restore(drill: Drill) -> None:
    kept = keep_something(drill.world)
    for line in commands(paper("Back up while it runs")):
        drill.do(line)
    assert drill.running
    assert not list((drill.folder / "backup").rglob("keyring.json"))
    drill.do("systemctl stop portal")
    for lost in ("data", "keys"):
        shutil.rmtree(drill.folder / lost)
    shares = sorted((drill.folder / "shares" / "new").iterdir())
    for share, name in zip(shares[1:4], ("one", "two", "three"), strict=True):
        shutil.copy(share, drill.folder / "shares" / name)
    for line in commands(paper("Restore from a backup")):
        drill.do(line)
    assert drill.running
    with drill.world.portal.database.read() as session:
        version = session.get_one(Version, kept.version)
    assert drill.world.portal.objects.size(version.object_name) > len(CONTENT)
    with pytest.raises(PortalError):  # everybody is outside until somebody confirms them
        read_back(drill.world.portal, drill.world, kept)


@ONLY_SQLITE
@IN_POSTGRESQL
def test_move_to_a_server_and_start_there(drill: Drill, tmp_path: Path) -> None:
    kept = keep_something(drill.world)
    text = paper("Move to another database or store")
    shown = tomllib.loads("\n".join(re.findall(r"^ {4}(\w+ = .*)$", text, re.MULTILINE)))
    assert set(shown) < PLACES
    server().execute("CREATE DATABASE drill")
    address = server().address("drill")
    (tmp_path / "etc").mkdir()
    (tmp_path / "etc" / "new.toml").write_text(f'database = "{address}"\n')
    drill.open_again = lambda: open_portal(replace(settings_in(tmp_path), database=address), drill.world.clock)
    moving, starting = text.split("At the end")
    for line in commands(moving):
        drill.do(line)
    drill.set["PORTAL_DATABASE"] = address
    for line in commands(starting):
        drill.do(line)
    assert drill.running
    assert read_back(drill.world.portal, drill.world, kept) == CONTENT
    drill.world.portal.database.close()
    server().execute("DROP DATABASE drill WITH (FORCE)")
    with pytest.raises(Elsewhere):
        open_portal(settings_in(tmp_path))
