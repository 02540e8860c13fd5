import hashlib
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image
from PIL.PngImagePlugin import PngInfo

import dnnvis as package
from dnnvis.imaging.colorize import values_to_rgb
from dnnvis.lenses.recipe_files import RECIPE, read_recipe
from dnnvis.sources.film import Film
from helpers.numbered_films import variable_times, write_film

Say = Callable[..., Any]
UNIT = "dense3[5]"


def pixels(place: Path) -> np.ndarray:
    with Image.open(place) as image:
        return np.asarray(image)


def make_picture(place: Path, seed: int) -> Path:
    random = np.random.default_rng(seed)
    Image.fromarray(random.integers(0, 256, (40, 32, 3), dtype=np.uint8)).save(place)
    return place


@pytest.fixture
def made(dnnvis: Say, picture: Path, tmp_path: Path) -> Path:
    """A guided picture of Net1, with its recipe."""
    place = tmp_path / "made.png"
    said = dnnvis(
        "look",
        "net1-mnist",
        UNIT,
        "--lens",
        "guided",
        "--image",
        picture,
        "-o",
        place,
        "--threads",
        1,
    )
    assert said.status == 0, said.err
    return place


def test_look_writes_what_the_lens_shows(made: Path, picture: Path) -> None:
    network = package.open("net1-mnist")
    expected = package.look(network, "guided", UNIT, image=picture)
    assert np.array_equal(pixels(made), values_to_rgb(expected.values, expected.scale)[0])
    recipe = read_recipe(made)
    assert recipe["lens"] == "guided"
    assert recipe["unit"] == UNIT
    assert recipe["image"]["path"] == str(picture)
    assert len(recipe["image"]["sha256"]) == 64


def test_the_recipe_makes_the_same_picture_bit_for_bit(
    dnnvis: Say, made: Path, tmp_path: Path
) -> None:
    said = dnnvis("look", "--recipe", made, "-o", tmp_path / "new.png")
    assert said.status == 0, said.err
    assert np.array_equal(pixels(tmp_path / "new.png"), pixels(made))
    assert "Not as it was" not in said.out
    assert read_recipe(tmp_path / "new.png") == read_recipe(made)


def test_the_recipe_makes_the_same_numbers(dnnvis: Say, made: Path, tmp_path: Path) -> None:
    for name in ("1.npy", "2.NPY"):
        assert dnnvis("look", "--recipe", made, "-o", tmp_path / name).status == 0
    one, two = np.load(tmp_path / "1.npy"), np.load(tmp_path / "2.NPY")
    assert one.dtype == np.float32
    assert one.shape == (28, 28, 1)
    assert np.array_equal(one, two)


def test_with_other_threads_it_says_so_and_the_picture_is_the_same_within_1e_4(
    dnnvis: Say, made: Path, tmp_path: Path
) -> None:
    dnnvis("look", "--recipe", made, "-o", tmp_path / "1.npy")
    said = dnnvis("look", "--recipe", made, "-o", tmp_path / "2.npy", "--threads", 2)
    assert "threads was 1, is 2" in said.out
    one, two = np.load(tmp_path / "1.npy"), np.load(tmp_path / "2.npy")
    assert np.abs(one - two).max() <= 1e-4 * np.abs(one).max()


def test_a_changed_picture_is_told_of(
    dnnvis: Say, made: Path, picture: Path, tmp_path: Path
) -> None:
    make_picture(picture, 1)
    said = dnnvis("look", "--recipe", made, "-o", tmp_path / "new.png")
    assert said.status == 0
    assert "the picture is not the one of the recipe" in said.out


def test_the_same_picture_elsewhere_is_the_same(
    dnnvis: Say, made: Path, picture: Path, tmp_path: Path
) -> None:
    moved = picture.rename(tmp_path / "moved.png")
    said = dnnvis("look", "--recipe", made, "--image", moved, "-o", tmp_path / "new.png")
    assert "Not as it was" not in said.out
    assert np.array_equal(pixels(tmp_path / "new.png"), pixels(made))


def test_other_weights_are_told_of(dnnvis: Say, made: Path, tmp_path: Path) -> None:
    said = dnnvis(
        "look", "--recipe", made, "--weights", "random", "-o", tmp_path / "new.png", "--json"
    )
    assert json.loads(said.out)["differs"] == ["the weights of the network differ"]


def test_what_is_said_beside_a_recipe_goes_over_it_and_is_told(
    dnnvis: Say, made: Path, tmp_path: Path
) -> None:
    said = dnnvis(
        "look", "--recipe", made, "--lens", "gradient", "--view", "norm", "-o", tmp_path / "n.png"
    )
    assert "lens was guided, is gradient" in said.out
    assert "view was raw, is norm" in said.out
    assert read_recipe(tmp_path / "n.png")["view"] == "norm"


def test_a_recipe_may_be_a_json_file(dnnvis: Say, made: Path, tmp_path: Path) -> None:
    (tmp_path / "recipe.json").write_text(json.dumps(read_recipe(made)))
    said = dnnvis("look", "--recipe", tmp_path / "recipe.json", "-o", tmp_path / "new.png")
    assert said.status == 0
    assert np.array_equal(pixels(tmp_path / "new.png"), pixels(made))


def test_look_tells_one_object(dnnvis: Say, picture: Path, tmp_path: Path) -> None:
    words = ("look", "net1-mnist", UNIT, "--image", picture, "-o", tmp_path / "o.png", "--json")
    (line,) = dnnvis(*words).out.splitlines()
    told = json.loads(line)
    assert told["output"] == str(tmp_path / "o.png")
    assert told["differs"] == []
    assert told["recipe"]["lens"] == "deconvnet"
    assert told["rectifiers"] == {"EluBackward0": 2}
    assert "extension" in told["caption"]


def test_settings_can_be_given_by_name_or_by_set(
    dnnvis: Say, picture: Path, tmp_path: Path
) -> None:
    words = ("look", "net1-mnist", UNIT, "--lens", "gradient", "--image", picture)
    named = ("--to", "dense1", "--seed", "one", "--view", "positive")
    pairs = ("--set", "to=dense1", "--set", "seed=one", "--set", "view=positive")
    assert dnnvis(*words, *named, "-o", tmp_path / "a.npy").status == 0
    assert dnnvis(*words, *pairs, "-o", tmp_path / "b.npy").status == 0
    a, b = np.load(tmp_path / "a.npy"), np.load(tmp_path / "b.npy")
    assert (np.array_equal(a, b) and a.shape == (1, 1, 1)) or a.shape[2] == 1


def test_a_layer_whose_name_is_a_number_can_be_a_setting(
    dnnvis: Say, own_net: Path, picture: Path, tmp_path: Path
) -> None:
    words = ("look", f"{own_net}:make", "2[1]", "--trust-code", "--size", 12, "--image", picture)
    said = dnnvis(*words, "--lens", "gradient", "--set", "to=0", "-o", tmp_path / "a.npy")
    assert said.status == 0, said.err
    assert np.load(tmp_path / "a.npy").shape == (10, 10, 4)


def test_the_options_of_the_network_are_in_the_recipe(
    dnnvis: Say, own_net: Path, picture: Path, tmp_path: Path
) -> None:
    words = (
        "look",
        f"{own_net}:make",
        "0[1]@2,3",
        "--size",
        "12x16",
        "--mean",
        "0.5",
        "--std",
        "0.25",
        "--image",
        picture,
        "-o",
        tmp_path / "a.png",
    )
    assert dnnvis(*words, "--trust-code").status == 0
    assert pixels(tmp_path / "a.png").shape == (12, 16, 3)
    again = dnnvis("look", "--recipe", tmp_path / "a.png", "-o", tmp_path / "b.png")
    assert again.status == 2
    assert "--trust-code" in again.err
    said = dnnvis("look", "--recipe", tmp_path / "a.png", "-o", tmp_path / "b.png", "--trust-code")
    assert said.status == 0
    assert "Not as it was" not in said.out
    assert np.array_equal(pixels(tmp_path / "a.png"), pixels(tmp_path / "b.png"))


def test_a_recipe_cannot_grant_itself_trust(
    refuses: Callable[..., str], dnnvis: Say, own_net: Path, made: Path, tmp_path: Path
) -> None:
    recipe = read_recipe(made)
    recipe["network"] = {"net": f"{own_net}:make", "trust_code": True}
    (tmp_path / "evil.json").write_text(json.dumps(recipe))
    refuses("look", "--recipe", tmp_path / "evil.json", "-o", tmp_path / "x.png")
    assert not (tmp_path / "ran").exists()


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["net1-mnist", UNIT, "--image", "{}/none.png", "-o", "{}/o.png"], "none.png"),
        (["net1-mnist", UNIT, "--image", "{}/text.txt", "-o", "{}/o.png"], "text.txt"),
        (["net1-mnist", UNIT, "--image", "{}/empty.png", "-o", "{}/o.png"], "empty"),
        (["net1-mnist", UNIT, "-o", "{}/o.png"], "picture"),
        (["net1-mnist", UNIT, "--image", "{}/picture.png"], "-o OUT.png"),
        (["net1-mnist", UNIT, "--image", "{}/picture.png", "-o", "{}/o.jpg"], "-o OUT.png"),
        (["net1-mnist", UNIT, "--image", "{}/picture.png", "-o", "{}/no/o.png"], "written"),
        (["net1-mnist", UNIT, "--image", "{}/picture.png", "-o", "{}/no/o.npy"], "written"),
        (["nonet", UNIT, "--image", "{}/picture.png", "-o", "{}/o.png"], "nonet"),
        (["net1-mnist", "--image", "{}/picture.png", "-o", "{}/o.png"], "UNIT"),
        (["-o", "{}/o.png"], "NET"),
        (["net1-mnist", "dense3", "--image", "{}/picture.png", "-o", "{}/o.png"], "no unit"),
        (["net1-mnist", "dense99[1]", "--image", "{}/picture.png", "-o", "{}/o.png"], "dense"),
        (["net1-mnist", "dense3[200]", "--image", "{}/picture.png", "-o", "{}/o.png"], "199"),
        (
            ["net1-mnist", UNIT, "--lens", "xray", "--image", "{}/picture.png", "-o", "{}/o.png"],
            "no lens 'xray'",
        ),
        (
            ["net1-mnist", UNIT, "--view", "3d", "--image", "{}/picture.png", "-o", "{}/o.png"],
            "view",
        ),
        (
            ["net1-mnist", UNIT, "--to", "dense9", "--image", "{}/picture.png", "-o", "{}/o.png"],
            "before",
        ),
        (
            ["net1-mnist", UNIT, "--set", "lr=3", "--image", "{}/picture.png", "-o", "{}/o.png"],
            "no setting 'lr'",
        ),
        (
            ["net1-mnist", UNIT, "--set", "view", "--image", "{}/picture.png", "-o", "{}/o.png"],
            "name=value",
        ),
        (["--recipe", "{}/none.png", "-o", "{}/o.png"], "none.png"),
        (["--recipe", "{}/picture.png", "-o", "{}/o.png"], "no recipe"),
        (["--recipe", "{}/text.txt", "-o", "{}/o.png"], "text.txt"),
    ],
    ids=lambda words: " ".join(words) if isinstance(words, list) else "",
)
def test_what_cannot_be_done_is_told_of_in_a_sentence(
    refuses: Callable[..., str], picture: Path, tmp_path: Path, words: list[str], said: str
) -> None:
    (tmp_path / "text.txt").write_text("no picture")
    (tmp_path / "empty.png").touch()
    sentence = refuses("look", *(word.replace("{}", str(tmp_path)) for word in words))
    assert said in sentence
    assert not list(tmp_path.glob("o.*"))


@pytest.mark.parametrize(
    "change",
    [
        {"network": "net1-mnist"},
        {"network": {"name": "only"}},
        {"network": {"net": 7}},
        {"image": "a.png"},
        {"image": {"path": 3}},
        {"image": {"path": "a" * 5000}},
        {"network": {"net": "a" * 5000}},
        {"network": {"net": "life", "checkpoint": "a" * 5000}},
        {"image": {"sha256": "0" * 64}},
        {"made_with": [1]},
        {"made_with": {"threads": "many"}},
        {"made_with": {"threads": 2**31}},
        {"made_with": {"threads": -1}},
        {"made_with": {"threads": True}},
        {"unit": 5},
        {"lens": ["guided"]},
        {"lens": "xray"},
        {"to": 3},
        {"to": []},
        {"to": {"a": []}},
        {"from_the_future": True},
    ],
    ids=str,
)
def test_a_broken_recipe_is_told_of_in_a_sentence(
    refuses: Callable[..., str], made: Path, tmp_path: Path, change: dict[str, Any]
) -> None:
    (tmp_path / "broken.json").write_text(json.dumps(read_recipe(made) | change))
    refuses("look", "--recipe", tmp_path / "broken.json", "-o", tmp_path / "o.png")


def test_a_recipe_without_its_picture_asks_for_it(
    refuses: Callable[..., str], made: Path, picture: Path, tmp_path: Path
) -> None:
    picture.unlink()
    assert "--image" in refuses("look", "--recipe", made, "-o", tmp_path / "o.png")


def test_a_png_of_somebody_else_carries_no_recipe(
    refuses: Callable[..., str], tmp_path: Path
) -> None:
    from PIL import PngImagePlugin

    text = PngImagePlugin.PngInfo()
    text.add_text(RECIPE, "not json {")
    Image.new("RGB", (4, 4)).save(tmp_path / "a.png", pnginfo=text)
    assert "a.png" in refuses("look", "--recipe", tmp_path / "a.png", "-o", tmp_path / "o.png")


def test_a_real_process_ends_with_one_sentence_and_no_traceback(
    process: Say, tmp_path: Path
) -> None:
    said = process("launch.py", "look", "net1-mnist", UNIT, "--image", "none.png", "-o", "o.png")
    assert said.status == 2
    assert not said.out
    assert said.err.startswith("dnnvis: There is no picture none.png")
    assert said.err.count("\n") == 1


def test_the_recipe_of_a_films_frame_reads_that_frame_again(
    dnnvis: Say, made: Path, tmp_path: Path
) -> None:
    film = Film(write_film(tmp_path / "a.mp4", variable_times(40)))
    frame = film.read(23)
    film.close()
    Image.fromarray(frame).save(tmp_path / "23.png")
    dnnvis("look", "--recipe", made, "--image", tmp_path / "23.png", "-o", tmp_path / "a.npy")
    recipe = read_recipe(made)
    digest = hashlib.sha256(frame.tobytes()).hexdigest()
    origin = {"path": str(tmp_path / "a.mp4"), "frame": 23, "pixels_sha256": digest}
    for number, status in ((23, 0), (40, 1)):
        info = PngInfo()
        info.add_text(RECIPE, json.dumps({**recipe, "image": {**origin, "frame": number}}))
        Image.fromarray(frame).save(tmp_path / "film.png", pnginfo=info)
        said = dnnvis("look", "--recipe", tmp_path / "film.png", "-o", tmp_path / "b.npy")
        assert bool(said.status) == bool(status), said.err
        if status:
            assert "has 40 frames, no frame 40" in said.err
        else:
            assert "differ" not in said.out
            assert "not the one" not in said.out
    assert np.array_equal(np.load(tmp_path / "a.npy"), np.load(tmp_path / "b.npy"))
    said = dnnvis("look", "--recipe", tmp_path / "film.png", "--image", tmp_path / "23.png", "-o",
                  tmp_path / "c.npy")  # fmt: skip
    assert said.status == 0, "another picture goes over the recipe's"
