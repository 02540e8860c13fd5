"""The command lines of jobs open the network as the window did."""

from pathlib import Path

from dnnvis.app.runtime.job_commands import build_network_args
from dnnvis.engine.plan import NetworkChoice


def test_channels_and_the_other_settings_go_along(tmp_path: Path) -> None:
    choice = NetworkChoice("own.py:make", size="48x64", channels="4", trust_code=True)
    assert build_network_args(choice, tmp_path) == [
        *("own.py:make", "--size", "48x64", "--channels", "4", "--trust-code")
    ]
    assert build_network_args(NetworkChoice("net1"), tmp_path) == ["net1"]
