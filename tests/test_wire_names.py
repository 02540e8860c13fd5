"""The names by which files, reports and saved layouts know things, written out by hand.

Whoever renames something in Python changes nothing here: a name below is in files on the disks of
users, in scripts that call ``dnnvis``, or in API.md. A new name is added by hand; one that goes
or changes needs a way for the old files to be read, and a commit that says why.
"""

import json
import re
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from dataclasses import replace
from pathlib import Path
from types import ModuleType
from typing import Any

import numpy as np
import pytest
import torch
from safetensors import safe_open
from safetensors.numpy import load

import dnnvis
from dnnvis.network.card import Card, read_card, write_card
from helpers.wire_tables import BUNDLED, MAP_FIGURES, RECIPES, names

HERE = Path(__file__).parent / "golden"

MODELS = Path(__file__).parents[1] / "models"

NETWORK = """net checkpoint weights size mean std labels channels channel_order device trust_code
    output inputs"""

LENS_PANEL = "lens view seed to shown run patch side baseline audited"

STATE = {
    "": """network source frozen layer unit pinned call query meaning fused edits edits_off
        held_edit perturbation tuning blocks explained_class
        panels synthesis examples statistics check steps train map kernels graph recording
        compare second playground
        marks grid contrast fixed gamma per_unit colours order overlay theme language mode unlocked
        captions letters
        recent_networks recent_sources recent_choices recent_files network_form form_is_newer
        source_folder network_folder data_folder save_folder state_folder lesson_folder hints_done
        window_geometry window_docks""",
    "network": NETWORK,
    "network_form": NETWORK,
    "source": """kind path camera mirror cap width height loop rows columns border rule rate start
        density board maze numbers every canvas_side canvas_rate canvas""",
    "source.maze": "rows columns rate seed text",
    "panels": "lens1 lens2 lens3",
    "panels.lens1": LENS_PANEL,
    "panels.lens2": LENS_PANEL,
    "panels.lens3": LENS_PANEL,
    "synthesis": """shown on_click goal preset params seeds seed at_place paused run keep which
        kept back saved""",
    "examples": "shown by bottom k where shown_as minutes run distinct",
    "statistics": "shown on_top run",
    "check": "shown",
    "playground": """shown rate optimizer batch l1 l2 speed noise seed points test_shown data
        pictures""",
    "steps": "wish drawn decoder loop speed moment",
    "train": "shown steps game_steps autoencoder shared cell adversarial border seed name",
    "map": """shown colour kind off part field trail projection place picked data tab sigma eps
        steps moment pattern pattern_of unit_order every_step noise_run attack_run fitted
        atlas_cell atlas_region atlas_version pictures seen second""",
    "kernels": "shown view",
    "tuning": "shown kind run",
    "blocks": "shown k held votes positions run concepts concepts_run",
    "perturbation": """noise blur contrast brightness rotation shift_x shift_y zoom occluder
        occluder_x occluder_y""",
    "graph": "shown",
    "recording": "ring_mb max_mb",
    "compare": "shown moment edits difference",
    "second": NETWORK,
    "marks[]": "choice unit text bookmarked",
    "marks[].choice": NETWORK,
}

CARD = """name size channels mean std labels fit architecture binary states decoder"""

CROP = "crop_ratio interpolation antialias channel_order state_channels"

LIFE_CARD = """life border game_steps title source data autoencoder test_accuracy setting seed
    steps work_seconds curve_columns curve learning_cpu_seconds departures reached goal scores
    sha256"""

NCA_CARD = """nca title source data target setting seed steps work_seconds learning_cpu_seconds
    curve_columns curve measured departures sha256 state_channels earlier_runs"""

NCA_SPEC = "channels hidden fire_rate steps live_steps alive_threshold seed"

NCA_SETTING = """target target_digest start padding channels hidden fire_rate batch pool seeds
    damage rate steps seed"""

NCA_MEASURED = "seed grown lasting damaged healed empty"

TRAINED_CARD = """title source data test_accuracy setting seed steps work_seconds curve_columns
    curve paper_accuracy departures sha256"""

LIFE_SETTING = """steps game_steps autoencoder shared cell channels encoder decoder residual border
    size batch start rate warm clip goal cool most cap seed"""

MAZE_SETTING = """steps channels size batch learned_steps free_steps rate warm clip most seed"""

CHESS_SETTING = "steps channels cell autoencoder batch rate warm clip most seed"

LIFE_SPEC = "steps channels cell encoder decoder shared residual border"

MAP_ARRAYS = """basis/axes basis/left_out basis/mean basis/share basis/spread class_h class_z
    decoded_h decoder/0 decoder/1 decoder/2 decoder/3 decoder/4 decoder/5 decoder/6 decoder/7 empty
    encoder/0 encoder/1 encoder/2 encoder/3 encoder/4 encoder/5 encoder/6 encoder/7 error_field
    examples/doubt examples/expected/2d examples/expected/rich examples/index examples/labels
    examples/log_e examples/predicted examples/step examples/test examples/z other/pca"""

ESTIMATORS = [f"estimator {kind}/{k}" for kind in ("2d", "rich") for k in range(8)]

LEARNING = "record/index record/labels record/steps record/z"

MAP_WORDS = "version columns classes extent fingerprint recipe figures notes unit"

MAP_RECIPE = "network data layers how limit torch threads like wishes seed"

MAP_WISHES = "seed components rich vae_steps error_steps umap"

HIDDEN_VECTORS = [  # records of one size, without a header: their order is the format
    ("row", "<i8"),
    ("label", "<i4"),
    ("predicted", "<i4"),
    ("log_e", "<f4", (2,)),
    ("doubt", "<f4"),
    ("h", "<f4", (2, 3)),
]

COLORMAPS = {
    "about": "name value",
    "pictures": "id goal layer channel preset made channels png recipe measures curve",
    "notes": "unit text",
    "bookmarks": "unit made",
    "data": "id address kind mark total",
    "scans": "id data layers k done skipped finished changed",
    "layers": "data layer scan tops statistics",
    "naturals": "scan data numbers",
    "images": "data number path size time label channels png",
    "sqlite_sequence": "name seq",
}

ABOUT = "card fingerprint made network"

INDICES = "pictures_by_goal pictures_by_layer"

PACKED = {  # the arrays in a blob
    "SELECT tops FROM layers": "numbers places values width",
    "SELECT statistics FROM layers": """active awake between counts images least looked mean
        middle most scatter""",
    "SELECT numbers FROM naturals": "images mean pixels scatter spectrum",
    "SELECT curve FROM pictures": "curve",
}

MEASURES = "value high_frequency variation natural"

PROGRESS = {
    "": "weights optimizers progress setting",
    "progress": "step seconds curve cpu moments loss",
}

FILES = """
    ascent.png board.rle b.sqlite dissect.sqlite examples.png imagine.png invert.png labels.txt
    library.sqlite look.png net.py page.html pictures.tar whole.map.safetensors
    out/golden-life.json out/golden-life.moments.safetensors out/golden-life.safetensors
    work/lock work/progress.pt
    plane/plane-circle.json plane/plane-circle.moments.safetensors plane/plane-circle.safetensors
    data/library/61252f6fd1fc8c44.sqlite"""

DOCKS = [
    "Input",
    "Predictions",
    "Unit",
    "Lens 1",
    "Lens 2",
    "Lens 3",
    "Synthesis",
    "Examples",
    "Layer tree",
    "Statistics",
    "Check",
    "Train",
    "Steps",
    "Map",
    "Kernels",
    "Graph",
    "Compare",
    "Playground",
    "Problems",
]

TOOLBARS = ["Source and network", "Edits", "Lesson"]


def parts_of(value: Any, where: str = "") -> Iterator[tuple[str, set[str]]]:
    """(path, keys) of every object within ``value``; [] are the items of a list."""
    if isinstance(value, dict):
        yield where, set(value)
        for key, item in value.items():
            yield from parts_of(item, f"{where}.{key}".lstrip("."))
    elif isinstance(value, list):
        for item in value:
            yield from parts_of(item, f"{where}[]")


def test_the_state_of_the_window(golden: ModuleType, tmp_path: Path) -> None:
    saved = golden.state_again(HERE / "window.json", tmp_path / "window.json")
    found = dict(parts_of(saved))
    assert found.keys() == STATE.keys()
    for where, keys in found.items():
        assert keys == names(STATE[where]), where
    fresh = dict(parts_of(golden.state_again(tmp_path / "none", tmp_path / "fresh.json")))
    assert fresh == {where: keys for where, keys in found.items() if "marks" not in where}


@pytest.mark.parametrize("name", BUNDLED.split())
def test_the_cards_of_the_bundled_networks(name: str) -> None:
    card = json.loads((MODELS / f"{name}.json").read_text())
    is_life, is_nca = name.startswith("life"), name.startswith("nca")
    trained = NCA_CARD if is_nca else LIFE_CARD if is_life else TRAINED_CARD
    known = names(CARD) | names(CROP) | names(trained)
    known |= {"aliases"} if name == "squeezenet-imagenet" else set()
    assert set(card) <= known
    optional = {"binary", "states", "decoder", "reached", "goal", "scores", "earlier_runs"}
    if name == "squeezenet-imagenet":  # not trained here
        optional |= names(TRAINED_CARD) - names("title source data sha256")
    assert known - set(card) <= optional | names(CROP)
    if is_life:
        assert set(card["life"]) == names(LIFE_SPEC)
        assert set(card["setting"]) - {"stage"} <= names(LIFE_SETTING)
    if is_nca:
        assert set(card["nca"]) == names(NCA_SPEC)
        assert set(card["setting"]) | {"start"} == names(NCA_SETTING)
        assert set(card["measured"]) == names(NCA_MEASURED)


def test_a_card_that_is_written_now(golden_run: Any) -> None:
    card = json.loads((golden_run.folder / "out" / "golden-life.json").read_text())
    assert set(card) == names(CARD) | names(LIFE_CARD)
    assert set(card["setting"]) == names(LIFE_SETTING)
    assert set(card["life"]) == names(LIFE_SPEC)


def test_the_weights_and_their_moments(golden_run: Any) -> None:
    stem = golden_run.folder / "out" / "golden-life"
    weights = {
        f"{part}.{kind}"
        for part in ("encoder.conv1", "cell.conv1", "cell.conv2", "cell.conv3", "decoder.conv1")
        for kind in ("weight", "bias")
    }
    assert set(arrays_in(Path(f"{stem}.safetensors"))) == weights
    moments = weights | {"steps", "accuracy"}
    assert set(arrays_in(Path(f"{stem}.moments.safetensors"))) == moments
    assert set(arrays_in(MODELS / "life-3.moments.safetensors")) == moments


def arrays_in(place: Path) -> list[str]:
    with safe_open(place, "numpy") as file:
        return list(file.keys())


def test_a_map(golden_run: Any) -> None:
    place = golden_run.folder / "whole.map.safetensors"
    expected = names(MAP_ARRAYS) | set(ESTIMATORS)
    assert set(arrays_in(place)) == expected
    assert set(arrays_in(MODELS / "net1-mnist.map.safetensors")) == expected | names(LEARNING)
    with safe_open(place, "numpy") as file:
        metadata = file.metadata()
        assert file.get_tensor("examples/index").dtype == np.int32
        for name in ("labels", "predicted", "step"):
            assert file.get_tensor(f"examples/{name}").dtype == np.int16
    assert set(metadata) == {"dnnvis map"}
    words = json.loads(metadata["dnnvis map"])
    assert set(words) == names(MAP_WORDS)
    assert set(words["columns"]) == {"parts", "steps", "words"}
    assert set(words["columns"]["parts"][0]) == {"layer", "how", "shape", "start", "stop"}
    assert set(words["recipe"]) == names(MAP_RECIPE)
    assert set(words["recipe"]["wishes"]) == names(MAP_WISHES)
    assert sorted(words["figures"]) == MAP_FIGURES


def test_hidden_vectors_on_disk() -> None:
    from dnnvis.introspect.record_file import record_type

    assert record_type(2, 3) == np.dtype(HIDDEN_VECTORS)


def test_a_library(golden_run: Any) -> None:
    with closing(sqlite3.connect(golden_run.folder / "library.sqlite")) as file:

        def column(question: str) -> list[Any]:
            return [value for (value,) in file.execute(question)]

        tables = column("SELECT name FROM sqlite_master WHERE type = 'table'")
        assert set(tables) == COLORMAPS.keys()
        for table, columns in COLORMAPS.items():
            held = [row[1] for row in file.execute(f"PRAGMA table_info({table})")]
            assert held == columns.split(), table
        made = column("SELECT name FROM sqlite_master WHERE type = 'index' AND sql IS NOT NULL")
        assert set(made) == names(INDICES)
        assert set(column("SELECT name FROM about")) == names(ABOUT)
        assert column("PRAGMA user_version") == [1]
        assert column("PRAGMA application_id") == [0x646E6E76]  # "dnnv"
        (card,) = column("SELECT value FROM about WHERE name = 'card'")
        assert set(json.loads(card)) == {"size", "channels", "mean", "std", "fit"}
        for question, expected in PACKED.items():
            blobs = column(question)
            assert blobs, question
            assert all(set(load(blob)) == names(expected) for blob in blobs), question
        for text in column("SELECT measures FROM pictures"):
            assert set(json.loads(text)) == names(MEASURES)
        for text in column("SELECT recipe FROM pictures"):
            assert set(json.loads(text)) == names(RECIPES["look-ascent"])


def test_the_progress_of_a_training(golden_run: Any) -> None:
    state = torch.load(golden_run.folder / "work" / "progress.pt", weights_only=True)
    assert set(state) == names(PROGRESS[""])
    assert set(state["progress"]) == names(PROGRESS["progress"])
    assert set(json.loads(state["setting"])) == names(LIFE_SETTING)


RUN_RECORD = {
    "row": "life-3",
    "seed": 1,
    "setting": {"steps": 3},
    "training": {
        "reached": 40,
        "steps": 60,
        "cpu": 1.5,
        "accuracy": 0.99,
        "columns": ["step", "loss"],
        "curve": [[20, 0.5]],
        "order": {"state 1": 20, "final": None},
    },
    "stages": {
        "plain": {
            "boards": 50,
            "steps": 0,
            "cpu": 0.0,
            "setting": {},
            "probe": {"cells": 1},
            "starts": {
                start: {
                    "paper": 1.0,
                    "strict": 0.5,
                    "distinct": 1.0,
                    "aligned": 1.0,
                    "mcc": None,
                    "chance_corrected": 0.25,
                    "accuracy": 0.9,
                    "most": 1.0,
                }
                for start in ("half", "chain")
            },
        }
    },
    "made": {"torch": "2", "python": "3", "cpu": "c", "when": "w"},
}

STEP_RECORD = {
    "kind": "separation",
    "net": "net1",
    "seed": 2,
    "asked": {"limit": 0},
    "network": {"sha256": "ab"},
    "found": {"kNN15": 0.5},
    "cpu": 2.5,
    "made": {"torch": "2", "python": "3", "cpu": "c", "when": "w"},
}


def test_records_of_reproductions_are_read_and_written(tmp_path: Path) -> None:
    from dnnvis.reproduce.imagination import records as of_runs
    from dnnvis.reproduce.introspection import records as of_steps

    for module, data, name in (
        (of_runs, RUN_RECORD, "life-3-seed1.json"),
        (of_steps, STEP_RECORD, "net1-separation-seed2.json"),
    ):
        place = tmp_path / "record.json"
        place.write_text(json.dumps(data))
        module.write(tmp_path, module.read(place))
        assert json.loads((tmp_path / "runs" / name).read_text()) == data


def test_the_names_of_files(golden_run: Any) -> None:
    folder = golden_run.folder
    files = {str(place.relative_to(folder)) for place in folder.rglob("*") if place.is_file()}
    varying = r"pictures/|data/sweeps/|data/atlases/|.*(-wal|-shm|\.pyc|\.atlas\.safetensors)$"
    shown = {name for name in files if not re.match(varying, name)}
    assert shown == names(FILES)


def test_the_variable_that_moves_the_data_folder(
    golden: ModuleType, golden_run: Any, tmp_path: Path
) -> None:
    network = golden.open_net(golden_run.folder)
    with golden.data_folder(tmp_path / "elsewhere"):
        dnnvis.library(network).close()
    assert [place.name for place in (tmp_path / "elsewhere" / "library").glob("*.sqlite")] == [
        "61252f6fd1fc8c44.sqlite"
    ]


def test_the_object_names_that_saved_layouts_hold(qtbot: Any, tmp_path: Path) -> None:
    from PyQt6.QtWidgets import QDockWidget, QToolBar

    from dnnvis.app.main import create_application, create_runtime, create_window
    from dnnvis.session.state import State

    create_application("dark")
    window = create_window(create_runtime(State(), 1), tmp_path / "window.ini")
    qtbot.addWidget(window, before_close_func=lambda w: w.backend.stop())
    docks = [dock.objectName() for dock in window.findChildren(QDockWidget)]
    assert sorted(docks) == sorted(DOCKS)
    assert [bar.objectName() for bar in window.findChildren(QToolBar)] == TOOLBARS


def test_fields_of_a_card_that_are_not_the_default_are_written(tmp_path: Path) -> None:
    card = Card("n", (8, 8), crop_ratio=0.5, interpolation="box", antialias=False)
    card = replace(card, channel_order="BGR", fit="letterbox", state_channels=4)
    write_card(card, tmp_path / "n.json")
    assert names(CROP) <= set(json.loads((tmp_path / "n.json").read_text()))
    assert read_card(tmp_path / "n.json") == card


@pytest.mark.parametrize("name", ["maze-9", "chess-krk"])
def test_the_cards_beyond_life(name: str) -> None:
    card = json.loads((MODELS / f"{name}.json").read_text())
    own = "maze" if name == "maze-9" else "life border autoencoder pieces"
    trained = names(TRAINED_CARD) - {"paper_accuracy"} | {"learning_cpu_seconds", "scores"}
    assert set(card) == names(CARD) - {"binary"} | trained | names(own) | (set(card) & {"binary"})
    if name == "maze-9":
        assert set(card["maze"]) == {"steps", "channels"}
        assert set(card["setting"]) == names(MAZE_SETTING)
        assert set(card["scores"]) == names("exact squares mazes speeds follows follow_mazes")
    else:
        assert set(card["life"]) == names(LIFE_SPEC) | {"planes"}
        assert set(card["setting"]) == names(CHESS_SETTING)
