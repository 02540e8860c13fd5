import gc
import re
from collections.abc import Callable
from typing import Any

import pytest

from dnnvis.cli.main import import_window

Say = Callable[..., Any]
OPTIONS = {
    "--checkpoint",
    "--weights",
    "--size",
    "--mean",
    "--std",
    "--labels",
    "--device",
    "--threads",
    "--trust-code",
    "--debug",
}
CHECK = """
import runpy, sys
sys.argv = [{name!r}, "--help"]
try:
    {run}
except SystemExit as end:
    status = end.code
heavy = [m for m in ("torch", "PyQt6", "cv2", "torchvision", "numpy") if m in sys.modules]
assert not heavy, heavy
sys.exit(status)
"""


def test_the_three_ways_to_start_are_one_program_and_its_help_costs_no_torch(
    process: Say,
) -> None:
    module = process(
        "-c", CHECK.format(name="dnnvis", run="runpy.run_module('dnnvis', run_name='__main__')")
    )
    launch = process(
        "-c", CHECK.format(name="dnnvis", run="runpy.run_path('launch.py', run_name='__main__')")
    )
    script = process(
        "-c", CHECK.format(name="dnnvis", run="from dnnvis.__main__ import main; main()")
    )
    for said in (module, launch, script):
        assert said.status == 0, said.err
    without_usage = [re.sub(r"Usage:.*", "", said.out) for said in (module, launch, script)]
    assert without_usage[0] == without_usage[1] == without_usage[2]
    for command in ("models", "layers", "look", "train", "bench"):
        assert command in module.out


def option_names(help_text: str) -> set[str]:
    return set(re.findall(r"--[a-z][a-z-]*", help_text))


@pytest.mark.parametrize(
    "command", [[], ["layers"], ["look"], ["render"]], ids=["window", "layers", "look", "render"]
)
def test_every_command_that_takes_a_network_takes_all_its_options(
    dnnvis: Say, command: list[str]
) -> None:
    assert option_names(dnnvis(*command, "--help").out) >= OPTIONS


@pytest.mark.parametrize(
    "command",
    [
        ["models"],
        ["layers"],
        ["look"],
        ["render"],
        ["train", "net1"],
        ["train", "net2"],
        ["bench", "live"],
        ["bench", "start"],
    ],
    ids=" ".join,
)
def test_every_command_can_tell_in_json_and_with_details(dnnvis: Say, command: list[str]) -> None:
    assert option_names(dnnvis(*command, "--help").out) >= {"--json", "--debug"}


def test_the_collector_is_on_again_after_the_import_of_the_window() -> None:
    frozen = gc.get_freeze_count()
    main = import_window()
    assert main.__name__ == "dnnvis.app.main"
    assert gc.isenabled()
    assert gc.get_freeze_count() > frozen
    gc.unfreeze()


@pytest.mark.parametrize(
    ("setting", "sentence"),
    [("lesson=poem", "There is no lesson 'poem'"), ("speed=3", "sets nothing of the window")],
)
def test_what_the_window_cannot_begin_with_is_said(
    dnnvis: Say, setting: str, sentence: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("QT_QPA_PLATFORM", "offscreen")
    said = dnnvis("--set", setting)
    assert said.status == 2
    assert sentence in " ".join(said.err.split())
