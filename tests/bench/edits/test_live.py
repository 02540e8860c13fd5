"""The window with edits, against the window without."""

import json
import sys
from pathlib import Path

import pytest

from dnnvis.core.edit import Edit
from dnnvis.core.errors import BadInput
from dnnvis.core.messages import LayerInfo, NetworkInfo

pytest.importorskip("PyQt6.QtWidgets")


def test_edits_are_spread_over_the_layers() -> None:
    from dnnvis.bench.edits.live import choose_edits

    rows = tuple(LayerInfo(f"l{k}", "Conv2d", (3, 4, 4)) for k in range(4))
    info = NetworkInfo("n", (*rows, LayerInfo("output", "Linear", (10, 1, 1))), (), (8, 8), 3)
    two = [Edit.parse(text) for text in choose_edits(info, 2)]
    assert [edit.layer for edit in two] == ["l0", "l2"]
    ten = [Edit.parse(text) for text in choose_edits(info, 10)]
    assert len(set(ten)) == 10
    assert {edit.layer for edit in ten} == {"l0", "l1", "l2", "l3"}
    assert all(edit.is_off for edit in ten)
    with pytest.raises(BadInput, match="fewer than 13"):
        choose_edits(info, 13)


@pytest.mark.slow
def test_a_short_run_in_a_process_of_its_own(tmp_path: Path) -> None:
    import os
    import subprocess

    words = [sys.executable, "-m", "dnnvis", "bench", "live", "--edits", "3", "--model"]
    words += ["net1-mnist", "--pairs", "1", "--seconds", "1", "--json", "--despite-load"]
    env = {**os.environ, "DNNVIS_DATA": str(tmp_path), "QT_QPA_PLATFORM": "offscreen"}
    done = subprocess.run(words, capture_output=True, text=True, env=env, check=True, timeout=300)
    figures = json.loads(done.stdout.splitlines()[-1])
    assert figures["edits"] == 3
    assert figures["edited_fps"] > 0
    assert figures["edited_ratio"] > 0.1
    assert figures["hooks_left"] == figures["threads_left"] == 0
