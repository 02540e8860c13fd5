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

HERE = Path(__file__).parent / "golden"
MODELS = Path(__file__).parents[1] / "models"

NETWORK = "net checkpoint weights size mean std labels channels device trust_code output inputs"
LENS_PANEL = "lens view seed to shown run"
STATE = {
    "": """network source frozen layer unit pinned call query meaning explained_class panels
        synthesis examples statistics steps train map marks grid contrast fixed gamma per_unit
        colours order overlay theme mode unlocked letters recent_networks recent_sources
        window_geometry window_docks""",
    "network": NETWORK,
    "source": """kind path camera mirror cap width height loop rows columns border rule rate start
        density board numbers""",
    "panels": "lens1 lens2 lens3",
    "panels.lens1": LENS_PANEL,
    "panels.lens2": LENS_PANEL,
    "panels.lens3": LENS_PANEL,
    "synthesis": """shown on_click goal preset params seeds seed at_place paused run keep which
        kept back""",
    "examples": "shown by bottom k where shown_as minutes run",
    "statistics": "shown on_top run",
    "steps": "wish drawn decoder loop speed moment",
    "train": "shown steps game_steps autoencoder shared cell adversarial border seed name",
    "map": """shown colour kind off part field trail projection place picked data tab sigma eps
        steps moment pattern pattern_of unit_order every_step noise_run attack_run fitted""",
    "marks[]": "choice unit text bookmarked",
    "marks[].choice": NETWORK,
}

CARD = """name size channels mean std labels fit architecture binary states decoder"""
CROP = "crop_ratio interpolation antialias channel_order"
LIFE_CARD = """life border game_steps title source data autoencoder test_accuracy setting seed
    steps work_seconds curve_columns curve learning_cpu_seconds departures reached goal scores
    sha256"""
TRAINED_CARD = """title source data test_accuracy setting seed steps work_seconds curve_columns
    curve paper_accuracy departures sha256"""
LIFE_SETTING = """steps game_steps autoencoder shared cell channels encoder decoder residual border
    size batch start rate warm clip goal cool most cap seed"""
LIFE_SPEC = "steps channels cell encoder decoder shared residual border"

MADE = "network weights_sha256 image made_with"
RECIPES = {
    "look": f"lens unit to seed view {MADE}",
    "look-ascent": f"""lens unit preset seed seeds between parametrisation start statistic nature
        steps move rate wanted auto canvas window size views sd power falloff jitter jitter_after
        rotate smallest largest noise first_box last_box decay blur blur_every norm_cut
        contribution_cut l2 tv tv_beta alpha ball levels diversity gain clip objective best_seed
        steps_done source nature_from {MADE}""",
    "invert": f"""lens unit preset schedule steps rate tv beta alpha seed seeds objective error
        best_seed steps_done source {MADE}""",
    "look-examples": f"lens unit k by bottom source backs library {MADE}",
    "look-imagine": f"lens unit decoder threshold match source {MADE}",
}

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
MAP_FIGURES = [
    "R2",
    "R2 train",
    "accuracy",
    "agreement E[dec z]",
    "agreement E[dec z], active units",
    "agreement dec E[z]",
    "agreement of halves",
    "auroc 1-max",
    "auroc 2d",
    "auroc rich",
    "correlation 2d",
    "correlation rich",
    "cpu seconds",
    "examples",
    "gap 1-max",
    "gap 2d",
    "gap rich",
    "in frame",
    "kNN15",
    "kNN15 pca",
    "line 1-max",
    "line 2d",
    "line rich",
    "mmd",
    "mmd train",
    "spread",
    "tested on",
    "variance of 2, 10, 50",
    "violins 2d",
    "violins rich",
    "wrong",
]
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

STANDING = "words done total seconds_left"
SIGHT = "stage size imagined truth"
REPORTS = {
    "models": ["name kind title accuracy"],
    "layers": ["name kind shape calls parameters field part_of title"],
    "look": ["output caption rectifiers recipe differs"],
    "look-ascent": ["output caption rectifiers recipe differs measures steps trouble"],
    "look-examples": ["output caption rectifiers recipe differs examples"],
    "look-imagine": [
        """output caption rectifiers recipe differs steps marks scores words decoder decoders"""
    ],
    "scan": [STANDING, f"source kind seen left skipped layers seconds library notes {STANDING}"],
    "render": [
        "words",
        f"{STANDING} failed",
        f"{STANDING} failed unit objective ratio natural high_frequency variation",
        f"{STANDING} made known failed seconds stopped library",
    ],
    "invert": ["layer error steps seed seconds trouble", "output recipe"],
    "library-list": [
        """path network fingerprint pictures scans notes bookmarks bytes changed noted
        bookmarked"""
    ],
    "library-merge": ["from into pictures known notes joined bookmarks scans added worse apart"],
    "library-prune": ["file dry_run pictures scans orphans rows bytes_before bytes_after"],
    "library-export": ["page shows bytes"],
    "fit-map": [STANDING, f"preview {STANDING}", f"map figures notes {STANDING}"],
    "map": ["image step z expected lines above empty predicted class nearest"],
    "train": [
        "words",
        f"{STANDING} loss accuracy accuracies {SIGHT}",
        f"words {SIGHT}",
        "words file scores",
    ],
}
WITHIN = {  # report, where in its last line -> keys
    ("look", "recipe.network"): "name net size labels",
    ("look", "recipe.image"): "path sha256",
    ("look", "recipe.made_with"): "dnnvis torch threads machine device",
    ("look-ascent", "measures[]"): "value high_frequency variation natural ratio",
    ("look-examples", "examples[]"): "value place label where",
    ("look-imagine", "scores"): "paper strict distinct aligned mcc chance_corrected",
    ("library-list", "pictures[]"): "layer preset pictures",
    ("library-list", "scans[]"): "source kind total seen k layers skipped finished changed",
    ("map", "expected"): "2d rich 1-max",
    ("map", "nearest[]"): "number step label class distance test",
    ("train", "scores"): "half chain",
    ("train", "scores.half"): "paper strict distinct aligned mcc chance_corrected boards",
}
BENCH_SCAN = "model pictures batch workers threads scan_per_s bare_per_s scan_ratio load"

FILES = """
    ascent.png board.rle b.sqlite examples.png imagine.png invert.png labels.txt library.sqlite
    look.png net.py page.html pictures.tar whole.map.safetensors
    out/golden-life.json out/golden-life.moments.safetensors out/golden-life.safetensors
    work/lock work/progress.pt
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
    "Train",
    "Steps",
    "Map",
    "Problems",
]
TOOLBARS = ["Source and network"]

NET = """--checkpoint --weights --size --mean --std --labels --channels --output --inputs --device
    --threads --trust-code --debug"""
SAID = "--json --debug"
OPTIONS = {
    "": f"--net --source {NET}",
    "models": SAID,
    "layers": f"{NET} --json",
    "look": f"--lens --image -o --recipe --set --to --seed --view {NET} --json",
    "invert": f"--image --layer --preset --set -o {NET} --json",
    "render": f"""--layer --units --goal --preset --set --seed --image --batch --again --library -o
        {NET} --json""",
    "scan": f"--data --layers -k --batch --workers --limit --every --again --library {NET} --json",
    "fit-map": f"""--data --layers --how --limit --seed --steps --no-record --umap --again -o
        {NET} --json""",
    "map": f"--image --map -k {NET} --json",
    "train": "",
    "train life": f"""--steps --game-steps --autoencoder --no-autoencoder --sharing --no-sharing
        --cell --adversarial --channels --residual --no-residual --border --board --most --cap
        --seed --name --work --out --threads --restart {SAID}""",
    "train net1": f"""--data --noise --seed --moments --work --out --threads --restart --no-restart
        {SAID}""",
    "train net2": f"""--data --seed --half --no-half --phases --moments --work --out --threads
        --restart --no-restart {SAID}""",
    "bench": "",
    "bench live": f"""--model --layer --lenses --pairs --seconds --frames --map --dots --map-file
        --data --threads --despite-load {SAID}""",
    "bench start": f"--times --despite-load {SAID}",
    "bench scan": f"""--model --data --pictures --pairs --repeated --workers --nets --threads
        --despite-load {SAID}""",
    "bench click": f"""--model --data --units --steps --long --seconds --nets --threads
        --despite-load {SAID}""",
    "bench ascent": f"--rounds --units --nets --despite-load {SAID}",
    "bench quality": f"--units --nets --data --threads {SAID}",
    "bench imagination": f"--seed --boards --most --despite-load {SAID}",
    "bench map": f"""--data --map --fit --no-fit --limit --times --umap --umap-on --despite-load
        {SAID}""",
    "bench zoo": f"--only --limit --frames --record --seconds --threads {SAID}",
    "bench open": f"--model --rounds --threads --despite-load {SAID}",
    "bench kills": f"--kills --job --seed {SAID}",
    "bench soak": f"--minutes --warm-up --seed --threads {SAID}",
    "bench data": f"--pictures --rounds --despite-load {SAID}",
    "bench contrast": f"""--net --data --layer --units --pairs --limit --seed --threads
        {SAID}""",
    "bench window": f"""--model --unit --data --pictures --seconds --launches --no-launches
        {SAID}""",
    "reproduce": "",
    "reproduce imagination": f"-o --seeds --rows --stages --boards --processes --work {SAID}",
    "reproduce introspection": f"-o --data --seeds --nets --networks --limit --work {SAID}",
    "library": "",
    "library list": f"--file --library {NET} --json",
    "library merge": SAID,
    "library prune": f"--file --library --keep --best --unfinished --dry-run {NET} --json",
    "library export": f"-o --file --library --units --backs --no-backs -k --by {NET} --json",
}

API = """BadInput DnnvisError LensMissing Library Map Mismatch Network NotTrusted Recording Unit
    UnknownLens UnknownNetwork UnknownUnit fit_map imagine library life_score look looks open
    open_map wrap"""
LENSES = """gradient guided deconvnet ascent inversion imagine examples patterns statistics map
    cloud map_place map_picked constellation attack attribution"""
PRESETS = """default live fine lucid olah2017 maco erhan simonyan yosinski1 yosinski2 yosinski3
    yosinski4 mahendran deepdream lapnorm oygard board"""
BUNDLED = """net1-mnist net1-mnist-noise net2-cifar10 life-2 life-3 life-4 life-3-faithful
    life-3-no-autoencoder life-3-unshared life-2-3 life-2-3-adversarial squeezenet-imagenet"""
ARCHITECTURES = "net1 net2 life"


def names(text: str) -> set[str]:
    return set(text.split())


def parts_of(value: Any, where: str = "") -> Iterator[tuple[str, set[str]]]:
    """(path, keys) of every object within ``value``; [] are the items of a list."""
    if isinstance(value, dict):
        yield where, set(value)
        for key, item in value.items():
            yield from parts_of(item, f"{where}.{key}".lstrip("."))
    elif isinstance(value, list):
        for item in value:
            yield from parts_of(item, f"{where}[]")


def at(value: Any, path: str) -> Any:
    """What of a JSON value lies at ``path`` (``a.b[].c``); of a list its first item."""
    for key in path.split("."):
        value = value[key.removesuffix("[]")]
        value = value[0] if key.endswith("[]") else value
    return value


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
    is_life = name.startswith("life")
    known = names(CARD) | names(CROP) | names(LIFE_CARD if is_life else TRAINED_CARD)
    known |= {"aliases"} if name == "squeezenet-imagenet" else set()
    assert set(card) <= known
    optional = {"binary", "states", "decoder", "reached", "goal", "scores"}
    if name == "squeezenet-imagenet":  # not trained here
        optional |= names(TRAINED_CARD) - names("title source data sha256")
    assert known - set(card) <= optional | names(CROP)
    if is_life:
        assert set(card["life"]) == names(LIFE_SPEC)
        assert set(card["setting"]) - {"stage"} <= names(LIFE_SETTING)


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
    shown = {name for name in files if not re.match(r"pictures/|.*(-wal|-shm|\.pyc)$", name)}
    assert shown == names(FILES)


def test_every_command_has_its_table(golden: ModuleType) -> None:
    reported = {name.replace("-", " ") for name in REPORTS}
    assert {"look", "scan", "render", "fit map", "map", "invert", "models", "layers"} <= reported
    assert list(OPTIONS) == list(golden.COMMANDS)


def test_the_keys_of_json_lines(golden_run: Any) -> None:
    assert golden_run.lines.keys() == REPORTS.keys()
    for name, lines in golden_run.lines.items():
        found = {frozenset(line) for line in lines}
        assert found == {frozenset(names(keys)) for keys in REPORTS[name]}, name


def test_the_keys_within_json_lines(golden_run: Any) -> None:
    for (name, path), keys in WITHIN.items():
        assert set(at(golden_run.lines[name][-1], path)) == names(keys), (name, path)


def test_the_keys_of_recipes(golden_run: Any) -> None:
    for name, keys in RECIPES.items():
        assert set(golden_run.lines[name][-1]["recipe"]) == names(keys), name


def test_the_figures_of_a_fit_are_those_of_its_map(golden_run: Any) -> None:
    assert sorted(golden_run.lines["fit-map"][-1]["figures"]) == MAP_FIGURES


def test_the_keys_of_the_scanning_bench(golden: ModuleType, golden_run: Any) -> None:
    words = ("--model", "net1-mnist", "--pictures", 10, "--pairs", 1, "--repeated", 0)
    (line,) = golden.lines_of("bench", "scan", *words, "--threads", 1, "--despite-load")
    assert set(line) == names(BENCH_SCAN)


@pytest.mark.parametrize("command", OPTIONS, ids=lambda name: f"dnnvis {name}".strip())
def test_the_options_of_a_command(command: str, golden: ModuleType) -> None:
    rows = re.findall(r"^│[ *]*(-.*?)(?:<|$)", golden.help_of(command), re.MULTILINE)
    found = {name for row in rows for name in re.findall(r"(?<![\w-])--?[a-z][a-z-]*", row)}
    assert found == names(OPTIONS[command]) | {"--help"}


def test_the_commands_within_commands(golden: ModuleType) -> None:
    for group in ("", "train", "bench", "reproduce", "library"):
        text = golden.help_of(group).partition("Commands ")[2]
        found = set(re.findall(r"^│ ([a-z][a-z0-9-]*) ", text, re.MULTILINE))
        depth = len(group.split())
        wanted = [name.split() for name in OPTIONS if name and name.startswith(group)]
        assert found == {parts[depth] for parts in wanted if len(parts) == depth + 1}, group


def test_the_names_of_the_public_api() -> None:
    assert set(dnnvis.__all__) == names(API)
    for name in dnnvis.__all__:
        assert getattr(dnnvis, name) is not None


def test_the_names_of_lenses_and_presets(golden_run: Any, golden: ModuleType) -> None:
    network = golden.open_net(golden_run.folder)
    with pytest.raises(dnnvis.UnknownLens) as refused:
        dnnvis.look(network, "nothing", "relu2[1]")
    assert listed(str(refused.value)) == LENSES.split()
    with pytest.raises(dnnvis.BadInput) as wrong:
        dnnvis.look(network, "ascent", "relu2[1]", preset="nothing")
    assert listed(str(wrong.value)) == PRESETS.split()


def listed(sentence: str) -> list[str]:
    """The names in ``There is no X; there are a, b, c.``, or ``... is one of a, b, c, not x.``"""
    among = re.search(r"(?:there are|is one of) ((?:[\w-]+, )+[\w-]+)", sentence)
    assert among is not None, sentence
    return [name for name in among[1].split(", ") if not name.startswith("not")]


def test_the_names_of_networks(golden_run: Any) -> None:
    rows = golden_run.lines["models"]
    kinds = {
        kind: {row["name"] for row in rows if row["kind"] == kind}
        for kind in ("bundled", "architecture", "torchvision")
    }
    assert kinds["bundled"] == names(BUNDLED)
    assert kinds["architecture"] == names(ARCHITECTURES)
    assert {"alexnet", "resnet18", "googlenet", "vit_b_16"} <= kinds["torchvision"]
    assert {row["kind"] for row in rows} == set(kinds)


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
    card = replace(card, channel_order="BGR", fit="letterbox")
    write_card(card, tmp_path / "n.json")
    assert names(CROP) <= set(json.loads((tmp_path / "n.json").read_text()))
    assert read_card(tmp_path / "n.json") == card
