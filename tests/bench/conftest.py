"""What the benches' tests share."""

from collections.abc import Callable
from typing import Any

import pytest
import torch
from typer.testing import CliRunner


@pytest.fixture
def bench(monkeypatch: pytest.MonkeyPatch) -> Callable[..., Any]:
    """``dnnvis bench ...`` in this process, on a machine that says it is quiet."""
    from dnnvis.cli.main import app

    monkeypatch.setattr("dnnvis.bench.system_load.measure_other_load", lambda: 0.25)
    threads = torch.get_num_threads()

    def call(*words: object) -> Any:
        try:
            return CliRunner().invoke(app, ["bench", *map(str, words)])
        finally:
            torch.set_num_threads(threads)

    return call
