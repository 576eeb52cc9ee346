"""`portal demo`: makes an invented portal, does the main job in it once over HTTP, reports, and goes on serving.

Everything that is uploaded lies in a temporary folder until the report is written; the server's temporary files and its
log lie in another one, which is searched with data and keys.
"""

import secrets
import signal
import sys
import tempfile
from collections.abc import Sequence
from contextlib import ExitStack, suppress
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Final

from portal.app import create_portal
from portal.demo.acts import FailedError, Run, Source
from portal.demo.balancer import balancing
from portal.demo.cast import CYCLE, REVIEWS, STATES
from portal.demo.dialogue import talk
from portal.demo.documents import write_documents
from portal.demo.evidence import Places, check_log, compare_trail, search_disk, words_of_an_empty_portal
from portal.demo.folders import prepare_folders
from portal.demo.journey import Material, happen
from portal.demo.links import offer_links
from portal.demo.outcome import come_to
from portal.demo.own import own_files
from portal.demo.papers import leave
from portal.demo.readers import read
from portal.demo.refusals import refuse
from portal.demo.replicas import survive
from portal.demo.report import Report, many
from portal.demo.seed import new_stage, set_up
from portal.demo.server import running
from portal.demo.servers import check_programs, database_and_store
from portal.server import check_port
from portal.settings import Settings

WORDS: Final = (
    "amber", "anchor", "basket", "bridge", "cedar", "copper", "dolphin", "ember", "falcon", "feather", "garden",
    "glacier", "harvest", "island", "jasmine", "kettle", "lantern", "meadow", "nutmeg", "orchard", "pepper", "quartz",
    "ribbon", "saffron", "thistle", "umbrella", "velvet", "walnut", "yonder", "zephyr",
)  # fmt: skip
PHRASE_WORDS: Final = 5
REPLICAS: Final = 2
STOPPED: Final = "Stopped. Nothing is served any more; the next `portal demo` begins anew."


@dataclass(frozen=True, slots=True)
class Bench:
    """The folders of one run beside data and keys."""

    originals: Path
    temporary: Path
    logs: Sequence[Path]  # of each process that serves
    servers: Sequence[Path] = ()  # folders of database and object store


def run_demo(settings: Settings, documents: Path | None, *, once: bool, scaled: bool = False) -> int:
    """Run the demonstration; 0 if all of it held.

    Args:
        settings: Whose folders and port are used.
        documents: The visitor's own files.
        once: Stop after the report.
        scaled: Two replicas behind a proxy, on PostgreSQL and an object store, in place of one process.

    Raises:
        Invalid: A folder isn't the demonstration's, the port is taken, the visitor's folder can't be used, or a server
            isn't installed.
        Unavailable: A server doesn't start.

    """
    settings = demo_settings(settings)
    report = Report(sys.stdout)
    own = own_files(documents, settings.upload_bytes, report.say) if documents else []
    if scaled:
        check_programs()
    check_port(settings)
    prepare_folders(settings.data, settings.keys)
    with tempfile.TemporaryDirectory(prefix="portal-demo-") as name:
        logs = [Path(name) / f"server-{number}.log" for number in range(1, (REPLICAS if scaled else 1) + 1)]
        bench = Bench(Path(name) / "originals", Path(name) / "tmp", logs)
        bench.temporary.mkdir()
        signal.signal(signal.SIGTERM, signal.default_int_handler)  # ends like Ctrl-C, and the server with it
        with suppress(KeyboardInterrupt), ExitStack() as servers:
            if scaled:
                settings, written = servers.enter_context(database_and_store(settings))
                bench = replace(bench, servers=written)
            return _run(settings, report, bench, own, once=once)
        report.say(STOPPED)
        return 130 if once else 0


def demo_settings(settings: Settings) -> Settings:
    """Keep folders and port; serve this machine alone, with objects in the data folder and keys in their own."""
    return replace(
        settings,
        database="",
        pkcs11="",
        host="127.0.0.1",
        origin=f"http://localhost:{settings.port}",
        proxies=(),
        objects="folder",
        second_factor=False,
        publication_hours=0,
    )


def _run(settings: Settings, report: Report, bench: Bench, own: Sequence[Source], *, once: bool) -> int:
    material = Material(write_documents(bench.originals, secrets.token_hex(16)), own)
    portal = create_portal(settings)
    try:
        with ExitStack() as served:
            replicas = served.enter_context(running(settings, bench.temporary, bench.logs))
            ports = [replica.settings.port for replica in replicas]
            balancer = served.enter_context(balancing(settings.port, ports)) if bench.servers else None
            stage = new_stage(portal, settings.port, passphrase())
            run = Run(stage)
            _introduce(report, settings, bench, material)
            _show(run, report, settings, bench, material)
            if balancer is not None and not report.failed:
                report.section("Several replicas")
                survive(run, report, replicas, balancer)
            held = report.verdict()
            if once:
                return 0 if held else 1
            offer_links(stage, report)
            report.say("The portal keeps running until you press Ctrl-C.")
            replicas[0].wait()
            report.say(STOPPED)
            return 0 if held else 1
    finally:
        portal.database.close()


def _show(run: Run, report: Report, settings: Settings, bench: Bench, material: Material) -> None:
    written = (settings.data, settings.keys, bench.temporary, *bench.servers)
    places = Places(written, bench.logs, bench.originals)
    try:
        report.section("What happened")
        set_up(run.stage)
        report.check(
            f"A new portal was set up: {many(len(STATES), 'State')} that don’t exist, a cycle called “{CYCLE.name}”, "
            f"{many(len(REVIEWS), 'review')}, {many(len(run.stage.players), 'person', 'people')}."
        )
        known = words_of_an_empty_portal(written, [name for one in material.own for name in (one.shown, one.title)])
        happen(run, report, material)
        report.section("Who could read")
        read(run, report, material)
        report.section("Questions and answers")
        leave(run, report, talk(run, report, material))
        report.section("Who was refused")
        refuse(run, report)
        report.section("What it came to")
        come_to(run, report, places.originals / "outcome")
        report.section("What lies on the disk")
        search_disk(run, report, places, material.invented, known)
        report.section("Who opened what")
        compare_trail(run, report)
        report.section("The log")
        check_log(run, report)
    except (FailedError, LookupError) as error:
        report.check("The demonstration went on to its end.", str(error))


def _introduce(report: Report, settings: Settings, bench: Bench, material: Material) -> None:
    report.title("A portal for confidential reviews, shown at work")
    report.say(
        "States that are party to a treaty review each other. Each is reviewed by two others, and all that they show "
        "each other is confidential. This demonstration invents States, people and documents, starts the portal on "
        "this machine, and lets the people do their work over HTTP, as their browsers would. A mark before a sentence "
        "means that it was checked just now, not merely said."
    )
    own = f"Your {many(len(material.own), 'file')} take the place of what Qamaria submits. " if material.own else ""
    if bench.servers:
        report.say(
            f"{own}This time {many(len(bench.logs), 'replica')} of it serve, behind a small proxy, with a database of "
            f"PostgreSQL and an object store that speaks S3; their data are temporary. The keys lie in "
            f"{settings.keys.resolve()}."
        )
        return
    report.say(f"{own}The portal’s data lie in {settings.data.resolve()}, its keys in {settings.keys.resolve()}.")


def passphrase() -> str:
    """Make a passphrase that everybody of the cast chooses; every run has another."""
    return " ".join(secrets.choice(WORDS) for _ in range(PHRASE_WORDS))
