"""The options that all commands with a network share."""

import inspect
from pathlib import Path
from typing import Annotated

import pytest
import typer
from typer.testing import CliRunner

from dnnvis.cli import options

NAMES = [
    *("checkpoint", "weights", "size", "mean", "std"),
    *(
        "labels",
        "channels",
        "channel_order",
        "output_path",
        "inputs",
        "edit",
        "device",
        "threads",
        "trust_code",
    ),
]
calls: list[tuple[str, int, options.NetworkOptions]] = []


@options.network_options
def command(
    net: options.Net,
    net_options: options.NetworkOptions,
    count: Annotated[int, typer.Option()] = 3,
    json_: options.Json = False,
) -> None:
    """Say what came."""
    calls.append((net, count, net_options))


@pytest.fixture(autouse=True)
def forget() -> None:
    calls.clear()


def test_a_network_has_fourteen_options_which_stand_before_json() -> None:
    assert list(inspect.signature(command).parameters) == ["net", "count", *NAMES, "json_"]


def test_what_is_typed_arrives_as_one_value() -> None:
    app = typer.Typer()
    app.command()(command)
    words = [
        "x",
        "--threads",
        "2",
        "--labels",
        "l.txt",
        "--size",
        "8",
        "--trust-code",
        "--output",
        "aux",
        "--inputs",
        "t=0.5",
    ]
    result = CliRunner().invoke(app, [*words, "--count", "5"])
    assert result.exit_code == 0, result.output
    expected = options.NetworkOptions(
        size="8",
        labels=Path("l.txt"),
        output_path="aux",
        inputs="t=0.5",
        threads=2,
        trust_code=True,
    )
    assert calls == [("x", 5, expected)]
    assert expected.open_arguments() == {
        "checkpoint": None,
        "weights": None,
        "size": "8",
        "mean": None,
        "std": None,
        "labels": "l.txt",
        "channels": None,
        "channel_order": None,
        "output": "aux",
        "inputs": "t=0.5",
        "device": "cpu",
        "trust_code": True,
    }


def test_a_call_from_python_may_leave_them_out() -> None:
    command("net", trust_code=True)
    assert calls == [("net", 3, options.NetworkOptions(trust_code=True))]
