"""Figure 2 (e): the learning record of a Net2 that kept moments."""

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import torch

from dnnvis.reproduce.common import ProgressReporter, check_folder
from dnnvis.reproduce.introspection import runner
from dnnvis.reproduce.introspection.config import IntrospectionConfig, Step
from dnnvis.reproduce.introspection.learning import read_learning_map
from dnnvis.reproduce.introspection.records import record_path
from dnnvis.reproduce.introspection.report import write_results
from dnnvis.training import export
from dnnvis.training.loop import train
from dnnvis.training.net2_task import Net2Setting, Net2Task
from helpers.tiny_classifiers import CLASSES, blocks, classifier, order_in, write_data


@pytest.fixture
def order(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> IntrospectionConfig:
    """Net2 alone, with a training of two passes over a few pictures that kept its moments."""
    monkeypatch.setattr(
        runner, "load_classifier", lambda order, net, seed, tell: classifier(net, seed)
    )
    images, labels = blocks(60, 32, 5)
    x = torch.from_numpy(images[:, None].repeat(3, 1))
    both = (x, torch.from_numpy(labels))
    setting = Net2Setting(phases=((16, 2.0),), batch=30, half=False)
    course = Net2Task(both, both, setting, keep_snapshots=True)
    progress = train(course, tmp_path / "run", score_every=course.batches_per_epoch)
    export.export_net2(course, progress, list(CLASSES), tmp_path / "networks" / "out-net2")
    data = write_data(tmp_path / "pictures")
    return order_in(tmp_path, data, 1, nets=("net2",), networks=tmp_path / "networks")


def test_the_record_is_mapped_drawn_and_said(order: IntrospectionConfig) -> None:
    step = Step("learning", "net2", (0,))
    assert order.steps[-1] == step
    check_folder(order.out)
    runner.run_step(order, Step("map", "net2", (0,)), ProgressReporter(_quiet, lambda: False))
    assert read_learning_map(order) is None
    runner.run_step(order, step, ProgressReporter(_quiet, lambda: False))
    made = read_learning_map(order)
    assert made is not None
    assert made.record is not None
    assert made.record.steps.tolist() == [0, 2, 4]
    assert made.record.z.shape[::2] == (3, 2)
    found = json.loads(record_path(order.out, "learning", "net2", 0).read_text())["found"]
    assert found["moments"] == [0, 2, 4]
    assert found["phases"] == [[16, 2.0]]
    write_results(order)
    assert "2 passes at 16 pixels" in (order.out / "report.md").read_text()
    assert (order.out / "fig2.png").is_file()


def test_without_moments_there_is_no_such_step(order: IntrospectionConfig) -> None:
    assert replace(order, networks=None).learning is None
    moments = next((order.networks or Path()).rglob("*.moments.safetensors"))
    moments.unlink()
    assert order.learning is None
    assert all(step.kind != "learning" for step in order.steps)


def _quiet(words: str, done: int, total: int) -> Any:
    return None
