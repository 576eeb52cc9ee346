"""What several replicas are for: requests go to each of them, and one that breaks down is not missed."""

import time
from collections.abc import Sequence
from typing import Final

from portal.demo.acts import Run
from portal.demo.balancer import Balancer
from portal.demo.journey import call
from portal.demo.report import Report, many, named
from portal.demo.server import Replica
from portal.usecases.backlog import backlog

LAYLA: Final = "focal-qamaria"
LOOKS: Final = 6
SEQUENCED_SECONDS: Final = 10
READY: Final = 200


def survive(run: Run, report: Report, replicas: Sequence[Replica], balancer: Balancer) -> None:
    """Look how the requests were shared out; break one replica down after the other and see the rest go on."""
    given = [balancer.given[replica.settings.port] for replica in replicas]
    report.check(
        f"A small proxy gave each connection to another of {many(len(replicas), 'replica')} in turn, whoever it came "
        f"from: {named([str(count) for count in given])}. Nobody noticed.",
        *([] if min(given) > sum(given) / len(given) / 2 else ["they were not shared out evenly"]),
    )
    layla = run.player(LAYLA)
    wrong = []
    for replica in replicas:
        replica.kill()
        answers = [layla.visitor.get("/work").status for _ in range(LOOKS)]
        wrong += [f"a request was answered with {status}" for status in answers if status != READY]
        wrong += [] if _sequenced(run) else ["the log’s tree didn’t go on"]
        replica.start()
    report.check(
        f"Each of them was killed once, and started again. Meanwhile the rest went on: {call(layla.cast)} stayed "
        "signed in and read on, and another replica took over moving entries into the log’s tree.",
        *wrong,
    )


def _sequenced(run: Run) -> bool:
    """Wait until all that stands in the log is in its tree."""
    until = time.monotonic() + SEQUENCED_SECONDS
    while backlog(run.stage.portal).tree_since is not None:
        if time.monotonic() > until:
            return False
        time.sleep(0.2)
    return True
