"""What tests of Cancel share."""

from collections.abc import Iterator

import pytest
from fake_work import Gate

from dnnvis.engine import engine as engine_module


@pytest.fixture
def gate() -> Iterator[Gate]:
    gate = Gate()
    yield gate
    gate.open()


@pytest.fixture
def impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    """A tenth of a second is a second here."""
    monkeypatch.setattr(engine_module, "PATIENCE", 0.1)
