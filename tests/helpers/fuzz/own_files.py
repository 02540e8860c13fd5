"""Files that dnnvis itself writes, and labels: state, recipes, libraries, maps."""

import io
import json
import tempfile
from collections.abc import Callable
from functools import cache
from pathlib import Path
from random import Random

import numpy as np
from PIL import Image, PngImagePlugin
from typer.testing import CliRunner

from dnnvis.cli.main import app
from dnnvis.core.errors import BadInput, DnnvisError
from dnnvis.core.messages import LayerInfo, NetworkInfo
from dnnvis.guide import find_lesson
from dnnvis.introspect.map_file import read_map
from dnnvis.lenses.recipe_files import RECIPE, read_recipe, save_png
from dnnvis.library.store.database import LibraryFile
from dnnvis.library.store.library import Library
from dnnvis.library.store.summary import list_known_layers, summarize_library
from dnnvis.session.choices import with_choices
from dnnvis.session.lesson import read_lesson
from dnnvis.session.plan_for import plan_for
from dnnvis.session.session import Session, load_state
from dnnvis.session.state import SourceChoice, State
from dnnvis.session.state_file import read_state_file, write_state_file
from dnnvis.zoo.label_files import read_label_file
from helpers.fuzz.mutations import change_json
from helpers.fuzz.packed import in_png, in_safetensors, in_sqlite
from helpers.fuzz.reader import Files, Reader
from helpers.fuzz.weight_files import LIFE, golden

NAMES = ("ant", "bee", "cat", "dog", "elk")
TEXTS = {
    "labels in lines": ("labels.txt", "".join(f"{k}: {name}\n" for k, name in enumerate(NAMES))),
    "labels in JSON": (
        "labels.json",
        json.dumps({str(k): [f"n0144076{k}", name] for k, name in enumerate(NAMES)}),
    ),
    "labels in YAML": (
        "data.yaml",
        "path: here\nnames:\n" + "".join(f"  {k}: {name}\n" for k, name in enumerate(NAMES)),
    ),
    "labels in CSV": (
        "labels.csv",
        "id,name\n" + "".join(f"{k},{name}\n" for k, name in enumerate(NAMES)),
    ),
}
YAML_PAYLOADS = (
    "\nnames: !!python/object/apply:helpers.fuzz.marker.make_marker []\n",
    "\nnames: !!python/object/new:helpers.fuzz.marker.make_marker [1]\n",
    "\nname: &a [*a, *a]\nnames: *a\n",
    "\na: &a [x, x, x]\nb: &b [*a, *a, *a]\nc: &c [*b, *b, *b]\nnames: [*c, *c]\n",
)
BOARD = b"x = 3, y = 3\nbob$2bo$3o!\n"
NETWORK, RECIPE_UNIT = "golden-life.safetensors", "output[0]"
UNITS = ("conv2[0]", "conv2[1]", "relu2[1]", "output[2]")


def plant_yaml(data: bytes, random: Random) -> bytes:
    """Add a tag that an unsafe reader would obey, or a reference to itself."""
    return data + random.choice(YAML_PAYLOADS).encode()


@cache
def network_info() -> NetworkInfo:
    layers = (
        LayerInfo("conv1", "Conv2d", (4, 12, 12), field=(3, 1, 0.0)),
        LayerInfo("conv2", "Conv2d", (5, 6, 6), field=(5, 2, 0.0)),
        LayerInfo("dense", "Linear", (8, 1, 1)),
    )
    return NetworkInfo("toy", layers, ("ant", "bee", "cat"), (12, 12), 3, "12 x 12 RGB, crop")


def open_labels(path: Path, scratch: Path) -> object:
    return read_label_file(path)


def open_state(path: Path, scratch: Path) -> object:
    """Start with a state: what it wants computed, and the state saved again."""
    session = Session(load_state(path))
    plan = plan_for(session.state, network_info())
    session.save(scratch / "again.json")
    if load_state(scratch / "again.json") != session.state:
        raise AssertionError("the state is another one once it was saved")
    return plan


def open_state_file(path: Path, scratch: Path) -> object:
    """Open what another window wrote, onto a window of one's own."""
    state = with_choices(State(), read_state_file(path).choices)
    assert not state.network.trust_code
    return plan_for(state, network_info())


def state_file() -> Files:
    """Return a file of a state with a network, pictures and a board."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "a.dnnvis.json"
        board = SourceChoice(kind="life", board=BOARD.decode())
        write_state_file(path, State(source=board, layer="conv2"), position=0.5)
        return {path.name: path.read_bytes()}


def open_recipe(path: Path, scratch: Path) -> object:
    """Make a picture again from its recipe, by the command."""
    arguments = ["look", "--recipe", str(path), "-o", str(scratch / "again.png")]
    result = CliRunner().invoke(app, arguments)
    if result.exception is not None and not isinstance(result.exception, SystemExit):
        raise result.exception
    if result.exit_code == 0:
        return result.stdout
    text = result.stderr.strip().removeprefix("dnnvis: ")
    if "--debug shows where" in text:
        raise AssertionError(text)
    raise BadInput(text)


def made_recipes(name: str) -> Files:
    """Return a recipe as a PNG or as JSON, and the files that it names, without their folder."""
    files = {**LIFE(), "board.rle": BOARD}
    with tempfile.TemporaryDirectory() as folder:
        for file, data in files.items():
            (Path(folder) / file).write_bytes(data)
        network, image, output = (str(Path(folder) / file) for file in (NETWORK, "board.rle", name))
        picture = str(Path(folder) / "look.png")
        lens = ["--lens", "gradient", "--image", image, "-o", picture]
        result = CliRunner().invoke(app, ["look", network, RECIPE_UNIT, *lens])
        assert result.exit_code == 0, result.output
        recipe = json.dumps(read_recipe(Path(picture))).replace(f"{folder}/", "")
        if name.endswith(".png"):
            save_png(Path(output), np.zeros((9, 9, 3), np.uint8), json.loads(recipe))
        else:
            Path(output).write_text(recipe)
        return {name: Path(output).read_bytes(), **files}


def in_recipe(data: bytes, random: Random) -> bytes:
    """Change the JSON of the recipe in a PNG."""
    recipe = json.loads(Image.open(io.BytesIO(data)).info[RECIPE])
    text = PngImagePlugin.PngInfo()
    changed = change_json(json.dumps(recipe).encode(), random)
    text.add_text(RECIPE, changed.decode("utf-8", "replace"), zip=random.random() < 0.5)
    file = io.BytesIO()
    Image.new("RGB", (9, 9)).save(file, "PNG", pnginfo=text)
    return file.getvalue()


def open_library(path: Path, scratch: Path) -> object:
    """Read all that a library holds; what cannot be read is refused, the rest is there."""
    refusals: list[str] = []
    with Library(path, create=False) as library:
        fingerprint = library.fingerprint
        queries: list[Callable[[], object]] = [
            *(lambda unit=unit: library.pictures(unit) for unit in UNITS),
            *(
                lambda unit=unit, by=by, bottom=bottom: [
                    example.image() for example in library.top(unit, 3, by, bottom)
                ]
                for unit in UNITS
                for by in ("max", "mean")
                for bottom in (False, True)
            ),
            *(lambda unit=unit: library.best(unit) for unit in UNITS),
            *(lambda layer=layer: library.statistics(layer) for layer in ("relu2", "output")),
            *(lambda layer=layer: library.newest_by_channel(layer) for layer in ("conv2", "relu2")),
            library.natural,
            library.scans,
            library.notes,
            library.bookmarks,
            lambda: summarize_library(library),
            lambda: list_known_layers(library),
        ]
        for query in queries:
            try:
                query()
            except DnnvisError as error:
                refusals.append(str(error))
    if fingerprint:
        LibraryFile(path, fingerprint, "toy", create=False).close()
    if refusals:
        raise BadInput(refusals[0])
    return None


def open_map(path: Path, scratch: Path) -> object:
    """Read a map and look things up on it."""
    fitted = read_map(path)
    width = fitted.columns_.width
    h = np.linspace(-1, 1, 2 * width, dtype=np.float32).reshape(2, width)
    z = fitted.encode(h)
    answers = [fitted.decode(z), fitted.read(h), fitted.error_at(z), fitted.nearest(z[0]), fitted.z]
    return answers, [fitted.project(h, name) for name in fitted.others], fitted.examples.wrong


def _text(name: str, text: str, *inner: object) -> Reader:
    return Reader(lambda: {name: text.encode()}, open_labels, name, (), inner)  # type: ignore[arg-type]


INNER = {"labels in JSON": (change_json,), "labels in YAML": (plant_yaml,)}


def open_lesson(path: Path, scratch: Path) -> object:
    return read_lesson(path, {"preset": ["live"]})


READERS = {
    **{kind: _text(name, text, *INNER.get(kind, ())) for kind, (name, text) in TEXTS.items()},
    "state": Reader(golden("window.json"), open_state, "window.json", (), (change_json,) * 2),
    "state to share": Reader(state_file, open_state_file, "a.dnnvis.json", (), (change_json,) * 2),
    "recipe": Reader(
        lambda: made_recipes("look.png"),
        open_recipe,
        "look.png",
        ("look.png",),
        (in_png, in_recipe),
    ),
    "recipe in JSON": Reader(
        lambda: made_recipes("look.json"),
        open_recipe,
        "look.json",
        ("look.json",),
        (change_json,) * 3,
    ),
    "lesson": Reader(
        lambda: {"lesson.toml": find_lesson("1-convolution.toml").read_bytes()},
        open_lesson,
        "lesson.toml",
    ),
    "library": Reader(golden("library.sqlite"), open_library, "library.sqlite", (), (in_sqlite,)),
    "map": Reader(
        golden("tiny.map.safetensors"),
        open_map,
        "tiny.map.safetensors",
        (),
        (in_safetensors, in_safetensors),
    ),
}
