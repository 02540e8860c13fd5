"""Thousands of frames with three lenses: memory, hooks and threads stay where they were."""

import gc
from pathlib import Path
from typing import Any

import pytest

from dnnvis.bench.system_load import resident_mb
from dnnvis.core.unit import Unit
from dnnvis.engine.plan import NetworkChoice
from dnnvis.network.hooks import count_hooks
from dnnvis.session.state import SourceChoice
from helpers.application_window import Stage


@pytest.mark.slow
def test_memory_does_not_grow_from_frame_500_to_3000(qtbot: Any, tmp_path: Path) -> None:
    source = SourceChoice(cap=60.0)
    stage = Stage(qtbot, tmp_path, NetworkChoice(net="net2-cifar10"), source)
    stage.runs()
    stage.session.select(Unit("conv4", 0))
    stage.until(lambda: stage.window.frame_stats.count >= 500, 300)
    gc.collect()
    before = resident_mb()
    stage.until(lambda: stage.window.frame_stats.count >= 3000, 900)
    gc.collect()
    assert resident_mb() - before < 20
    stage.window.close()
    assert count_hooks(stage.parts.engine.network.module) == 0
