"""The confinement that most tests run jobs in."""

from collections.abc import Iterator

import pytest

from portal.rendering.confinement import Confinement


@pytest.fixture(scope="session")
def confinement() -> Iterator[Confinement]:
    with Confinement() as made:
        yield made
