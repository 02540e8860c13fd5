"""What the real savers write opens to the same tensors, or is refused for the right reason.

Each saver is run where its library is installed:

    python tests/savers/make_timm.py FOLDER && python tests/savers/cases.py FOLDER
"""

import os
import subprocess
import sys
from importlib.util import find_spec
from pathlib import Path

import pytest

from savers.cases import read_results

HERE = Path(__file__).parent
#: Saver -> the libraries that it needs, and how many checkpoints it writes.
SAVERS = {
    "torch": ((), 46),
    "lightning": (("lightning", "omegaconf"), 8),
    "timm": (("timm",), 10),
    "transformers": (("transformers", "accelerate"), 11),
    "ultralytics": (("ultralytics",), 4),
    "accelerate": (("accelerate",), 8),
    "keras": (("keras", "h5py"), 9),
    "onnx": (("onnx", "onnxscript", "onnx2fx"), 6),
}


def run(script: str, folder: Path, data: Path) -> str:
    paths = os.pathsep.join([str(HERE.parents[1]), os.environ.get("PYTHONPATH", "")])
    environment = {
        **os.environ,
        "PYTHONPATH": paths,
        "PYTHONWARNINGS": "ignore",
        "DNNVIS_DATA": str(data),
        "HF_HUB_OFFLINE": "1",
        "YOLO_OFFLINE": "1",
        "YOLO_CONFIG_DIR": str(data),
    }
    command = [sys.executable, str(HERE / script), str(folder)]
    done = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)
    assert "Traceback" not in done.stderr, done.stderr[-2000:]
    return done.stdout


@pytest.mark.slow
@pytest.mark.parametrize("saver", SAVERS)
def test_every_checkpoint_of_a_saver_opens_or_is_refused(saver: str, tmp_path: Path) -> None:
    packages, count = SAVERS[saver]
    missing = [name for name in packages if find_spec(name) is None]
    if missing:
        pytest.skip(f"{', '.join(missing)} not installed; see tests/savers/make_{saver}.py")
    run(f"make_{saver}.py", tmp_path / "files", tmp_path)
    rows = read_results(run("cases.py", tmp_path / "files", tmp_path))
    assert [row for row in rows if row["mark"].strip() != "ok"] == []
    assert len(rows) == count
