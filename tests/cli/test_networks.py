import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import torch
from torch import nn

Say = Callable[..., Any]


def test_models_lists_what_can_be_opened_by_name(dnnvis: Say) -> None:
    said = dnnvis("models")
    assert said.status == 0
    assert not said.err
    for name in ("net1-mnist", "alexnet", "resnet18", "vit_b_16"):
        assert name in said.out


def test_models_tells_an_object_a_line(dnnvis: Say) -> None:
    rows = [json.loads(line) for line in dnnvis("models", "--json").out.splitlines()]
    net1 = next(row for row in rows if row["name"] == "net1-mnist")
    assert net1["kind"] == "bundled"
    assert net1["accuracy"] >= 0.97
    assert {row["kind"] for row in rows} == {"bundled", "architecture", "torchvision"}


def test_layers_shows_the_table_and_the_preprocessing(dnnvis: Say) -> None:
    said = dnnvis("layers", "net1-mnist")
    assert said.status == 0
    for words in ("dense12", "200 x 1 x 1", "157,000", "output", "28 x 28 gray"):
        assert words in said.out


def test_layers_tells_an_object_a_line(dnnvis: Say) -> None:
    lines = dnnvis("layers", "net1-mnist", "--json").out.splitlines()
    rows = {row["name"]: row for row in map(json.loads, lines)}
    assert rows["dense3"]["shape"] == [200, 1, 1]
    assert rows["dense3"]["parameters"] == 40200
    assert list(rows)[-1] == "output"
    assert rows["elu1"]["calls"] == 1


def test_size_mean_std_and_labels_reach_the_network(
    dnnvis: Say, own_net: Path, tmp_path: Path
) -> None:
    (tmp_path / "labels.txt").write_text("\n".join("abcde"))
    words = (
        "layers",
        f"{own_net}:make",
        "--trust-code",
        "--size",
        "20x30",
        "--mean",
        "0.5,0.4,0.3",
        "--std",
        "0.2",
        "--labels",
        tmp_path / "labels.txt",
    )
    said = dnnvis(*words)
    assert said.status == 0, said.err
    assert "30 x 20 RGB" in said.out
    assert "0.5, 0.4, 0.3" in said.out
    assert "0.2" in said.out
    rows = {row["name"]: row for row in map(json.loads, dnnvis(*words, "--json").out.splitlines())}
    assert rows["0"]["shape"] == [4, 18, 28]
    assert rows["2"]["field"] == [5, 1, 2.0]


def test_threads_reach_torch(dnnvis: Say, monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[int] = []
    monkeypatch.setattr(torch, "set_num_threads", asked.append)
    dnnvis("layers", "net1-mnist", "--threads", 3)
    assert asked[0] == 3
    monkeypatch.setattr("os.cpu_count", lambda: 8)
    dnnvis("layers", "net1-mnist")
    assert 7 in asked


def test_weights_and_checkpoint_reach_the_network(
    dnnvis: Say, own_net: Path, tmp_path: Path, refuses: Callable[..., str]
) -> None:
    assert "random weights" in dnnvis("layers", "net1-mnist", "--weights", "random").out
    fits = nn.Sequential(nn.Conv2d(3, 4, 3), nn.ReLU(), nn.Conv2d(4, 5, 3))
    torch.save(fits.state_dict(), tmp_path / "fits.pt")
    words = ("layers", f"{own_net}:make", "--trust-code", "--checkpoint")
    assert dnnvis(*words, tmp_path / "fits.pt").status == 0
    torch.save(nn.Conv2d(3, 4, 3).state_dict(), tmp_path / "other.pt")
    assert "does not fit" in refuses(*words, tmp_path / "other.pt")


def test_somebodys_code_runs_only_when_trusted(
    dnnvis: Say, own_net: Path, refuses: Callable[..., str]
) -> None:
    trace = own_net.parent / "ran"
    sentence = refuses("layers", f"{own_net}:make")
    assert str(own_net) in sentence
    assert "--trust-code" in sentence
    assert not trace.exists()
    assert dnnvis("layers", f"{own_net}:make", "--trust-code").status == 0
    assert trace.exists()


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["nonet"], "No network is called"),
        (["alexnett"], "Did you mean alexnet"),
        (["folder/nothing.pt"], "no checkpoint"),
        (["net1-mnist", "--device", "warp"], "warp"),
        (["net1-mnist", "--weights", "heavy"], "weights"),
        (["net1-mnist", "--size", "big"], "size"),
        (["net1-mnist", "--mean", "a,b"], "mean"),
        (["net1-mnist", "--std", "0"], "std"),
        (["net1-mnist", "--labels", "nowhere.txt"], "nowhere.txt"),
        (["net1-mnist", "--checkpoint", "nowhere.pt"], "nowhere.pt"),
        (["net1-mnist", "--size", "32"], "32, 32"),
    ],
    ids=lambda words: " ".join(words) if isinstance(words, list) else "",
)
def test_a_network_that_cannot_be_opened_is_told_of_in_a_sentence(
    refuses: Callable[..., str], words: list[str], said: str
) -> None:
    assert said in refuses("layers", *words)


class Malice:
    """Runs a command when it is unpickled."""

    def __init__(self, trace: Path) -> None:
        self.trace = trace

    def __reduce__(self) -> Any:
        return (Path.touch, (self.trace,))


def test_a_malicious_checkpoint_does_not_run_and_says_so(
    refuses: Callable[..., str], tmp_path: Path
) -> None:
    file, trace = tmp_path / "evil.pt", tmp_path / "owned"
    torch.save({"weight": Malice(trace)}, file)
    for words in (["layers", file], ["layers", "net1-mnist", "--checkpoint", file]):
        assert "evil.pt" in refuses(*words)
    assert not trace.exists()


def test_debug_shows_the_traceback_too(dnnvis: Say) -> None:
    said = dnnvis("layers", "nonet", "--debug")
    assert said.status == 2
    assert "Traceback" in said.err
    assert "UnknownNetwork" in said.err
    assert said.err.splitlines()[-1].startswith("dnnvis: No network is called")


def test_a_bug_is_a_sentence_too_and_says_how_to_see_more(
    refuses: Callable[..., str], monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*words: Any, **named: Any) -> None:
        raise ZeroDivisionError("two\nlines")

    monkeypatch.setattr("dnnvis.open", fail)
    assert refuses("layers", "net1-mnist") == "ZeroDivisionError: two lines (--debug shows where.)"


def test_without_a_screen_the_window_says_so(
    refuses: Callable[..., str], monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("DISPLAY", "WAYLAND_DISPLAY", "QT_QPA_PLATFORM"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setattr("sys.platform", "linux")
    assert "no screen" in refuses()


def test_what_the_window_is_given_must_make_sense(refuses: Callable[..., str]) -> None:
    assert "--net" in refuses("--size", "32")
    assert "nowhere.mp4" in refuses("--source", "nowhere.mp4")


def test_a_field_of_two_sides_is_shown_and_written_with_both(dnnvis: Say, tmp_path: Path) -> None:
    (tmp_path / "tall.py").write_text(
        "from torch import nn\n"
        "def make():\n"
        "    return nn.Sequential(nn.Conv2d(3, 4, 3), nn.Conv2d(4, 4, (9, 3), (2, 1)))\n"
    )
    words = ("layers", f"{tmp_path / 'tall.py'}:make", "--trust-code", "--size", "24")
    table = dnnvis(*words).out
    assert "3, 1, 1" in table
    assert "11 x 5, 2 x 1, 5 x 2" in table
    rows = [json.loads(line) for line in dnnvis(*words, "--json").out.splitlines()]
    assert [row["field"] for row in rows[:2]] == [[3, 1, 1.0], [[11, 5], [2, 1], [5.0, 2.0]]]
