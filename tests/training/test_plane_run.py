import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from dnnvis.core.errors import BadInput
from dnnvis.core.learning.live_weights import decode_weights
from dnnvis.training.plane_run import REPORT_SECONDS, PlaneRun, open_plane_network
from dnnvis.training.plane_task import PlaneSetting


@pytest.fixture
def run(tmp_path: Path) -> PlaneRun:
    return PlaneRun("mlp-2d:4", {"name": "circle"}, PlaneSetting(), out=tmp_path)


def test_a_report_is_json_with_the_weights_of_its_step(run: PlaneRun) -> None:
    run.handle({"step": 7})
    report = json.loads(json.dumps(run.report()))
    assert (report["done"], report["playing"], report["error"]) == (7, False, "")
    weights = decode_weights(report["weights"])
    assert list(weights) == list(run.trainer.weights())
    np.testing.assert_array_equal(weights["last.weight"], run.trainer.weights()["last.weight"])
    assert report["loss"] == pytest.approx(run.trainer.measure()[0], abs=1e-6)


def test_commands_change_what_runs(run: PlaneRun) -> None:
    run.handle({"set": {"rate": 0.5, "l1": 0.1}})
    assert (run.trainer.setting.rate, run.trainer.setting.l1) == (0.5, 0.1)
    run.handle({"data": {"noise": 0.3}})
    noisy = run.trainer.data
    run.handle({"data": {"name": "xor"}})  # the noise stays
    assert not np.array_equal(noisy.points, run.trainer.data.points)
    run.handle({"play": True})
    run.advance()
    assert run.report()["done"] > 0
    assert run.report()["playing"]
    run.handle({"reset": 3})
    assert (run.report()["done"], run.seed) == (0, 3)
    run.handle({"net": "mlp-2d:2-2"})
    assert [layer.weight.shape[0] for layer in run.trainer.module.layers] == [2, 2, 1]
    assert not run.is_playing
    assert run.trainer.setting.rate == 0.5


@pytest.mark.parametrize(
    ("command", "sentence"),
    [
        ({"set": {"rate": -1}}, "learning rate"),
        ({"set": 7}, "cannot be carried out"),
        ({"data": {"shape": 1}}, "named by"),
        ({"net": "mlp-2d:x9"}, "says nothing"),
        ({"net": "squeezenet-imagenet"}, "On the plane mlp-2d learns"),
        ({"net": "no-such-network"}, "No network is called"),
        ({"reset": 10**30}, "A seed is a whole number"),
        ({"reset": "x"}, "cannot be carried out"),
        ({"keep": "../x"}, "cannot name a file"),
        ({"dance": 1}, "no command 'dance'"),
    ],
)
def test_a_command_that_cannot_be_changes_nothing(
    run: PlaneRun, command: dict[str, Any], sentence: str
) -> None:
    run.handle({"step": 5})
    before = run.report()
    run.handle(command)
    assert sentence in run.report()["error"]
    assert run.report() | {"error": ""} == before
    run.handle({"step": 1})
    assert (run.report()["error"], run.report()["done"]) == ("", 6)


def test_moments_are_kept_and_written(run: PlaneRun, tmp_path: Path) -> None:
    for _ in range(4):
        run.handle({"step": 5})
    assert [moment.step for moment in run.moments.kept] == [0, 5, 10, 15, 20]
    run.handle({"keep": ""})
    report = run.report()
    assert Path(report["file"]) == tmp_path / "plane-circle.safetensors"
    assert run.report()["file"] == ""
    again = open_plane_network(report["file"], 0)
    np.testing.assert_array_equal(
        again.last.weight.numpy(), run.trainer.module.last.weight.detach().numpy()
    )
    card = json.loads((tmp_path / "plane-circle.json").read_text())
    assert card["curve"][-1][0] == 20
    assert card["setting"]["rate"] == 0.03


def test_a_chosen_speed_is_kept(run: PlaneRun, monkeypatch: pytest.MonkeyPatch) -> None:
    clock = [100.0]
    monkeypatch.setattr("dnnvis.training.plane_run.time.perf_counter", lambda: clock[0])
    monkeypatch.setattr(
        "dnnvis.training.plane_run.time.sleep",
        lambda seconds: clock.__setitem__(0, clock[0] + seconds),
    )
    run.handle({"set": {"speed": 10.0}, "play": True})
    start = run.report()["done"]
    for _ in range(round(10 / REPORT_SECONDS)):  # ten seconds
        run.advance()
    assert run.report()["done"] - start == pytest.approx(100, abs=2)
    assert run.report()["speed"] == pytest.approx(10, abs=3)


def test_a_diverging_run_stops_by_itself_and_reports_finite_weights(tmp_path: Path) -> None:
    setting = PlaneSetting(1000, "sgd", l2=10)
    run = PlaneRun("mlp-2d:8-8-8,linear,x,y,xx,yy", {"name": "circle"}, setting)
    run.handle({"play": True})
    for _ in range(50):
        run.advance()
        if not run.is_playing:
            break
    report = run.report()
    assert "has diverged" in report["warning"]
    assert all(np.isfinite(v).all() for v in decode_weights(report["weights"]).values())
    json.loads(json.dumps(report, allow_nan=False))
    run.handle({"play": True})
    assert not run.is_playing
    with pytest.raises(BadInput, match="cannot name"):
        run.write(tmp_path, "a/b")


def test_a_seed_that_is_refused_leaves_the_one_before(run: PlaneRun) -> None:
    run.handle({"reset": 3})
    run.handle({"reset": 10**30})
    run.handle({"net": "mlp-2d:2"})
    assert (run.seed, run.report()["error"]) == (3, "")


def test_losses_are_those_on_the_points_that_are_there(run: PlaneRun) -> None:
    run.handle({"step": 400})
    learned = run.report()["loss"]
    run.handle({"data": {"name": "checkerboard"}})
    report = run.report()
    assert report["done"] == 400
    assert report["loss"] == pytest.approx(run.trainer.measure()[0], abs=1e-6)
    assert report["loss"] > 10 * learned


def test_data_that_cannot_be_used_hold_the_training_until_others_come(run: PlaneRun) -> None:
    run.handle({"play": True})
    run.handle({"data": {"name": "square"}})
    assert "no data" in run.report()["error"]
    run.handle({"data": {"name": "painted"}})
    assert not run.is_playing
    run.handle({"play": True})
    assert "Nothing is painted" in run.report()["error"]
    run.handle({"step": 5})
    assert run.report()["done"] == 0
    run.handle({"data": {"painted": (1, 1, 1, -1, -1, -1)}})
    run.handle({"step": 5})
    assert (run.report()["done"], run.report()["error"]) == (5, "")


def test_a_network_that_cannot_be_written_does_not_end_the_training(tmp_path: Path) -> None:
    file = tmp_path / "file"
    file.touch()
    run = PlaneRun("mlp-2d:4", {"name": "circle"}, PlaneSetting(), out=file)
    run.handle({"step": 3, "keep": "mine"})
    report = run.report()
    assert report["done"] == 3
    assert f"Nothing can be written to {file}" in report["error"]


def test_a_network_that_has_learned_already_is_not_called_stuck(run: PlaneRun) -> None:
    run.handle({"step": 3000})
    assert run.losses[0] < 0.01
    run.trainer.first_loss = run.losses[0]  # as a file's, which begins learned
    assert run.report()["warning"] == ""
