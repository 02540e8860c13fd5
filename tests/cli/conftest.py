"""The command line, called in this process or in one of its own."""

import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
import torch
from typer.testing import CliRunner

from helpers.command_line import ROOT, Said, Say, make_picture


@pytest.fixture
def dnnvis() -> Say:
    """dnnvis("look", "net1-mnist", ...) -> what it said. Torch keeps its threads."""
    from dnnvis.cli.main import app

    threads = torch.get_num_threads()

    def call(*words: object) -> Said:
        try:
            result = CliRunner().invoke(app, [str(word) for word in words])
        finally:
            torch.set_num_threads(threads)
        return Said(result.exit_code, result.stdout, result.stderr)

    return call


@pytest.fixture
def process() -> Say:
    """process("-m", "dnnvis", "--help") -> what Python said, in a process of its own."""

    def call(*words: object, **variables: str) -> Said:
        command = [sys.executable, *map(str, words)]
        environment = {**os.environ, "COLUMNS": "100", **variables}
        done = subprocess.run(
            command, capture_output=True, text=True, cwd=ROOT, env=environment, timeout=60
        )
        return Said(done.returncode, done.stdout, done.stderr)

    return call


@pytest.fixture
def refuses(dnnvis: Say) -> Callable[..., str]:
    """refuses("look", ...) -> the one sentence with which the command ended, status 2."""

    def call(*words: object) -> str:
        said = dnnvis(*words)
        assert said.status == 2, said
        assert not said.out
        assert said.err.startswith("dnnvis: ")
        assert said.err.count("\n") == 1
        assert "Traceback" not in said.err
        return said.err.removeprefix("dnnvis: ").strip()

    return call


@pytest.fixture
def picture(tmp_path: Path) -> Path:
    return make_picture(tmp_path / "picture.png", 0)


@pytest.fixture
def own_net(tmp_path: Path) -> Path:
    """A file with a factory, which leaves a trace when its code runs."""
    file = tmp_path / "mine.py"
    file.write_text(
        "from pathlib import Path\n"
        "from torch import nn\n"
        f"Path({str(tmp_path / 'ran')!r}).touch()\n"
        "def make():\n"
        "    return nn.Sequential(nn.Conv2d(3, 4, 3), nn.ReLU(), nn.Conv2d(4, 5, 3))\n"
    )
    return file
