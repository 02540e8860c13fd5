"""What tests of Cancel share."""

from collections.abc import Iterator

import pytest

from dnnvis.engine import engine as engine_module
from helpers.fake_work import Gate


@pytest.fixture
def gate() -> Iterator[Gate]:
    gate = Gate()
    yield gate
    gate.open()


@pytest.fixture
def impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    """A tenth of a second is a second here."""
    monkeypatch.setattr(engine_module, "ABANDON_SECONDS", 0.1)
