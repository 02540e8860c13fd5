"""The attack's reproduction: counts, records that are used again, a table with intervals."""

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from PIL import Image

from dnnvis.core.errors import BadInput
from dnnvis.reproduce.atlas_attack import runner
from dnnvis.reproduce.atlas_attack.report import build_table, describe_verdict, write_results
from dnnvis.reproduce.atlas_attack.runner import (
    KINDS,
    AtlasAttackConfig,
    AttackRecord,
    load_records,
    parse_pair,
    reproduce,
)
from dnnvis.reproduce.common import write_record
from helpers.atlas_networks import LAYER, color_network, color_pictures

SETTINGS = "any"


@pytest.fixture
def config(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> AtlasAttackConfig:
    for part, count, seed in (("train", 120, 0), ("test", 60, 1)):
        images, labels = color_pictures(count, seed)
        for number, (image, label) in enumerate(zip(images, labels, strict=True)):
            name = ("red", "blue")[label]
            path = tmp_path / "data" / "cifar10-jpg" / part / name / f"{number:03}.png"
            path.parent.mkdir(parents=True, exist_ok=True)
            Image.fromarray(image).save(path)
    monkeypatch.setattr(runner, "open_network", lambda name: color_network())
    out = tmp_path / "out"
    return AtlasAttackConfig(
        tmp_path / "data",
        LAYER,
        120,
        3,
        pictures=20,
        pairs=(("red", "blue"),),
        seeds=(0,),
        work=out,
        out=out,
    )


def run(config: AtlasAttackConfig, warnings: list[str]) -> Any:
    return reproduce(config, lambda progress: None, lambda: False, warnings.append)


def test_each_kind_is_counted_once_and_written_down(
    config: AtlasAttackConfig, monkeypatch: pytest.MonkeyPatch
) -> None:
    warnings: list[str] = []
    result = run(config, warnings)
    assert (result.problems, result.left, warnings) == ([], 0, [])
    assert [record.kind for record in result.records] == list(KINDS)
    assert {record.pictures for record in result.records} == {20}
    assert {record.size for record in result.records} == {(3, 3)}
    write_results(config)
    text = config.report_path.read_text(encoding="utf-8")
    assert "| red to blue | atlas | 20 |" in text
    assert (config.out / "atlas-attack.png").is_file()
    monkeypatch.setattr(runner, "_Measurer", None)  # nothing is measured again
    assert run(config, warnings).records == result.records == load_records(config)
    path = runner.record_path(config, ("red", "blue"), "noise")
    path.write_text(json.dumps({"source": "red"}), encoding="utf-8")
    with pytest.raises(TypeError):
        run(config, warnings)  # this one is to be measured anew
    assert "is no record of a measured attack" in warnings[0]


def test_records_of_other_settings_and_unknown_classes_are_sentences(
    config: AtlasAttackConfig,
) -> None:
    warnings: list[str] = []
    with pytest.raises(BadInput, match="has no class green; choose of red, blue"):
        run(replace(config, pairs=(("red", "blue"), ("red", "green"))), warnings)
    assert not list(config.out.rglob("*.json"))  # it says so before it measures the first pair
    result = run(replace(config, data=config.out), warnings)
    assert "holds no cifar10-jpg.tar" in result.problems[0]
    with pytest.raises(BadInput, match="gets no picture of green right"):
        images, _ = color_pictures(2)
        from dnnvis.lenses.atlas.arrays import ImagesInMemory

        runner.read_class(color_network(), ImagesInMemory(images, ["", ""]), "green", 0, 5)


def test_pairs_of_ones_own_stay_apart_from_others(config: AtlasAttackConfig) -> None:
    warnings: list[str] = []
    path = runner.record_path(config, ("cat", "dog"), "noise")
    write_record(path, vars(record("noise", 3, 1)))
    with pytest.raises(BadInput, match=r"holds counts of other pairs .*, cat-dog-noise\.json"):
        run(config, warnings)
    path.rename(path.with_suffix(".old"))  # as one that was put aside
    result = run(replace(config, pairs=(("blue", "red"),)), warnings)
    assert {(one.source, one.target) for one in result.records} == {("blue", "red")}
    both = replace(config, pairs=(("blue", "red"), ("red", "blue")))  # one more in the same folder
    assert len(run(both, warnings).records) == 2 * len(KINDS)
    assert not warnings


def test_a_pair_is_two_different_classes() -> None:
    assert parse_pair("cat:dog") == parse_pair("cat : dog") == ("cat", "dog")
    for text in ("cat", "cat:", ":dog", "cat:cat", "../cat:dog", "", ":"):
        with pytest.raises(BadInput, match="--pair cat:dog"):
            parse_pair(text)


def record(kind: str, flipped: int, reached: int) -> AttackRecord:
    return AttackRecord("cat", "dog", kind, 200, flipped, reached, 9, (15, 15), SETTINGS)


def test_the_table_sums_and_the_verdict_says_both_ratios() -> None:
    records = [record("atlas", 80, 60), record("random cells", 50, 20), record("noise", 90, 0)]
    table = build_table([*records, *(replace(one, source="ship") for one in records)])
    assert table[1][:3] == ["cat to dog", "atlas", "200"]
    assert table[1][3] == "40.0 % [33.5, 46.9]"  # Wilson's, from the closed form by hand
    assert table[-3][:3] == ["all pairs", "atlas", "400"]
    text = describe_verdict(records)
    assert "40.0 %, those of random cells 25.0 %: 1.60 times as many, less than the 2" in text
    assert "30.0 %, those of random cells 10.0 %: 3.00 times as many, as asked" in text
    assert "not complete" in describe_verdict(records[:1])
