"""Shares of units that detect a concept: counted again, resumed, stopped."""

import json
from pathlib import Path

import pytest

import dnnvis
from dnnvis.core.errors import BadInput
from dnnvis.reproduce.dissection import runner
from dnnvis.reproduce.dissection.report import build_table, write_results
from dnnvis.reproduce.dissection.runner import DissectionConfig, list_layers, reproduce


@pytest.fixture
def config(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> DissectionConfig:
    monkeypatch.setenv("DNNVIS_DATA", str(tmp_path / "data"))
    out = tmp_path / "out"
    return DissectionConfig(("life-2",), 30, seeds=(0, 1), work=out, out=out)


def test_shares_are_those_of_a_dissection_and_records_are_used_again(
    config: DissectionConfig, monkeypatch: pytest.MonkeyPatch
) -> None:
    warnings: list[str] = []
    result = reproduce(config, lambda progress: None, lambda: False, warnings.append)
    assert (len(result.records), result.left, result.problems) == (2, 0, [])
    net = dnnvis.open("life-2")
    layers = list_layers(net)
    assert layers == ["encoder.leaky1", "cell.leaky1", "cell.leaky2", "cell.leaky3"]
    monkeypatch.setattr("dnnvis.sources.concepts.opening.DEFAULT_PICTURES", 30)
    found = dnnvis.dissect(net, "made:1", layers, upsample=True, keep=False)
    for share, layer, control in zip(
        result.records[1].layers, found.layers, found.control, strict=True
    ):
        assert (share.layer, share.units) == (layer.layer, 20)
        assert share.named == sum(bool(layer.name(k)) for k in range(20))
        assert share.control_named == sum(bool(control.name(k)) for k in range(20))
        assert sum(share.concepts.values()) == share.named
    write_results(config)
    assert (config.out / "dissection.png").is_file()
    table = build_table(result.records)
    assert len(table) == 5
    first = [record.layers[0].named * 5 for record in result.records]  # percent of 20
    assert table[1][3] == f"{sum(first) / 2:.1f} %"
    assert table[1][1] in config.report_path.read_text(encoding="utf-8")
    monkeypatch.setattr(runner, "_dissect", None)  # nothing is dissected again
    again = reproduce(config, lambda progress: None, lambda: False, warnings.append)
    assert again.records == result.records
    assert not warnings


def test_a_stopped_run_is_left_and_a_broken_record_is_put_aside(config: DissectionConfig) -> None:
    result = reproduce(config, lambda progress: None, lambda: True, print)
    assert (result.stopped, result.records, result.left) == (True, [], 2)
    path = runner.record_path(config, "life-2", 0)
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps({"net": "life-2"}))
    warnings: list[str] = []
    reproduce(config, lambda progress: None, lambda: False, warnings.append)
    assert "no record of a network" in warnings[0]
    assert path.with_suffix(".old").is_file()


def test_a_network_without_positions_is_a_sentence(config: DissectionConfig) -> None:
    with pytest.raises(BadInput, match="net1-mnist has no activations with positions"):
        list_layers(dnnvis.open("net1-mnist"))
