"""The report of `make faults`: which faults were tried how often, what was acknowledged meanwhile, what was lost.

A test says by `@pytest.mark.fault("…")` what it does to the portal, and by `found` what it saw.
"""

from collections import Counter, defaultdict
from collections.abc import Generator
from typing import Final

import pytest

_FOUND: Final = Counter[str]()


def found(**figures: int) -> None:
    """Say what the running test saw by now, such as kills, acknowledged writes and lost ones; the last word counts."""
    _FOUND.update({name: number - _FOUND[name] for name, number in figures.items()})


def pytest_runtest_setup(item: pytest.Item) -> None:  # noqa: ARG001 - by its name pytest knows it
    _FOUND.clear()


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item: pytest.Item) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    report = yield
    if mark := item.get_closest_marker("fault"):
        report.user_properties.append(("fault", [mark.args[0], dict(_FOUND)]))
    return report


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter, config: pytest.Config) -> None:
    if "fault" not in config.option.markexpr:
        return
    tried: dict[str, Counter[str]] = defaultdict(Counter)
    for outcome in ("passed", "failed", "error", "skipped"):
        for report in terminalreporter.stats.get(outcome, []):
            for name, value in report.user_properties:
                if name == "fault" and (report.when == "call" or outcome != "passed"):
                    tried[value[0]].update({outcome: 1, **value[1]})
    terminalreporter.section("faults")
    for fault, counted in sorted(tried.items()):
        figures = ", ".join(f"{number:,} {name}" for name, number in counted.items())
        terminalreporter.write_line(f"{fault}: {figures}")
    whole = sum(tried.values(), Counter[str]())
    terminalreporter.write_line(
        f"in all: {whole['kills']:,} kills, {whole['acknowledged']:,} acknowledged writes, {whole['lost']:,} lost"
    )
