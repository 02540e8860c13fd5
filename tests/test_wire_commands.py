"""The names that commands, recipes and the Python API know, written out by hand.

What is said in test_wire_names.py holds here, too.
"""

import re
from types import ModuleType
from typing import Any

import pytest

import dnnvis
from helpers.wire_tables import BUNDLED, MAP_FIGURES, RECIPES, names

STANDING = "words done total seconds_left"

SIGHT = "stage size imagined truth"

REPORTS = {
    "models": ["name kind title accuracy"],
    "layers": ["name kind shape calls parameters field part_of title"],
    "look": ["output caption rectifiers recipe differs"],
    "look-ascent": ["output caption rectifiers recipe differs measures steps trouble"],
    "look-examples": ["output caption rectifiers recipe differs examples stale"],
    "look-imagine": [
        """output caption rectifiers recipe differs steps marks scores words decoder decoders"""
    ],
    "scan": [STANDING, f"source kind seen left skipped layers seconds library notes {STANDING}"],
    "sweep": [
        STANDING,
        f"sweep {STANDING}",
        f"sweep file left unreadable unlabeled notes {STANDING}",
    ],
    "dissect": [
        STANDING,
        f"network layers left unreadable notes library {STANDING}",
    ],
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
    "library-prune": [
        "file dry_run pictures scans orphans rows bytes_before bytes_after vector_bytes"
    ],
    "library-export": ["page shows bytes"],
    "atlas": [STANDING, f"figures notes page {STANDING}"],
    "fit-map": [STANDING, f"preview {STANDING}", f"map figures notes {STANDING}"],
    "tune": ["unit kind axes responses baseline best selectivity preferred caption created output"],
    "weights": [
        """layer owner parameter shape groups weights invalid norms dead silent pictures duplicates
        histogram notes file"""
    ],
    "weights-unit": [
        """unit by matrix after position total bias computed exact feeders feeder_count feeds
        feeds_count caption message file"""
    ],
    "map": ["image step z expected lines above empty predicted class nearest"],
    "train": [
        "words",
        f"{STANDING} loss accuracy accuracies {SIGHT}",
        f"words {SIGHT}",
        "words file scores",
    ],
    "train-plane": [
        "words done net loss test_loss warning",
        "words done net loss test_loss warning file",
    ],
}

WITHIN = {  # report, where in its last line -> keys
    ("look", "recipe.network"): "name net size labels",
    ("look", "recipe.image"): "path sha256",
    ("look", "recipe.made_with"): "dnnvis torch threads machine device",
    ("look-ascent", "measures[]"): "value high_frequency variation natural ratio",
    ("look-examples", "examples[]"): "value place label where",
    ("look-imagine", "scores"): "paper strict distinct aligned mcc chance_corrected",
    ("sweep", "sweep"): "network layer measure set_to baseline pictures effects fired",
    ("dissect", "layers[]"): """layer measure units fire named control_named control_fire names
        concepts control_concepts pictures points notes""",
    ("library-list", "pictures[]"): "layer preset pictures",
    ("library-list", "scans[]"): "source kind total seen k layers skipped finished changed",
    ("weights", "histogram"): "edges counts",
    ("weights-unit", "feeders[]"): "unit adds weight",
    ("weights-unit", "feeds[]"): "unit adds weight",
    ("map", "expected"): "2d rich 1-max",
    ("map", "nearest[]"): "number step label class distance test",
    ("train", "scores"): "half chain",
    ("train", "scores.half"): "paper strict distinct aligned mcc chance_corrected boards",
}

BENCH_SCAN = "model pictures batch workers threads scan_per_s bare_per_s scan_ratio load"

NET = """--checkpoint --weights --size --mean --std --labels --channels --channel-order --output
    --inputs --edit --device --threads --trust-code --debug"""

SAID = "--json --debug"

OPTIONS = {
    "": f"--net --source --state --set {NET}",
    "models": SAID,
    "layers": f"{NET} --json",
    "look": f"--lens --image -o --recipe --set --to --seed --view {NET} --json",
    "invert": f"--image --layer --preset --set -o {NET} --json",
    "render": f"""--layer --units --goal --preset --set --seed --image --batch --again --library -o
        {NET} --json""",
    "scan": f"--data --layers -k --batch --workers --limit --every --again --library {NET} --json",
    "sweep": f"--data --layer --unit --limit --set-to --again {NET} --json",
    "dissect": f"""--concepts --layer --limit --pictures --points --upsample --control
        --no-control --again --batch --workers --library {NET} --json""",
    "atlas": f"""--data --layer --grid --layout --class --limit --per-picture --min-members --steps
        --side --power --seed --again -o {NET} --json""",
    "fit-map": f"""--data --layers --how --limit --seed --steps --no-record --umap --again -o
        {NET} --json""",
    "map": f"--image --map -k {NET} --json",
    "tune": f"--kind --again -o {NET} --json",
    "blocks": f"""--image --layer -k --target --check --pictures --positions --steps --keep
        --no-keep -o {NET} --json""",
    "concepts": f"""--data --layer -k --target --by --limit --positions --measured --design
        --estimator --preset --every --seed --again -o {NET} --json""",
    "weights": f"""--unit --image --by --to --linear -k --depth --draw --sorted -o {NET} --json""",
    "replay": f"--compare-output --limit {NET} --json",
    "recording": "--export --json --debug",
    "compare": f"""--data --layers --threshold -k --limit --every --seed --edit-b --checkpoint-b
        --weights-b --size-b --mean-b --std-b --labels-b {NET} --json""",
    "train": "",
    "train life": f"""--steps --game-steps --autoencoder --no-autoencoder --sharing --no-sharing
        --cell --adversarial --channels --residual --no-residual --border --board --most --cap
        --seed --name --work --out --threads --restart {SAID}""",
    "train nca": f"""--target --side --steps --channels --hidden --start --rate --seed --name --work
        --out --threads --restart {SAID}""",
    "train net1": f"""--data --noise --seed --moments --work --out --threads --restart --no-restart
        --live {SAID}""",
    "train net2": f"""--data --seed --half --no-half --phases --moments --work --out --threads
        --restart --no-restart --live {SAID}""",
    "train maze": f"""--size --steps --channels --most --seed --name --work --out --threads
        --restart {SAID}""",
    "train chess": f"""--plies --cell --channels --most --seed --name --work --out --threads
        --restart {SAID}""",
    "train plane": f"""--net --data --noise --rate --optimizer --batch --sparsity --decay --steps
        --goal --seed --name --out --listen {SAID}""",
    "bench": "",
    "bench live": f"""--model --layer --lenses --pairs --seconds --frames --fused --map --dots
        --map-file --data --ring --record --compare --edits --blocks --threads
        --despite-load {SAID}""",
    "bench start": f"--times --panels --memory --frames --despite-load {SAID}",
    "bench scan": f"""--model --data --pictures --pairs --repeated --workers --concepts --nets
        --threads
        --despite-load {SAID}""",
    "bench atlas": f"--model --data --layer --grid --power --sample --despite-load {SAID}",
    "bench sweep": f"--units --pictures --rounds --threads --despite-load {SAID}",
    "bench playground": f"--model --data --pairs --seconds --threads --despite-load {SAID}",
    "bench click": f"""--model --data --units --steps --long --seconds --nets --threads
        --despite-load {SAID}""",
    "bench ascent": f"--rounds --units --sample --nets --despite-load {SAID}",
    "bench unit": f"--rounds --units --nets --despite-load {SAID}",
    "bench device": f"--device --model --seconds --pictures {SAID}",
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
    "bench normalization": f"""--data --nets --net --pictures --tested --draws --seed --threads
        {SAID}""",
    "bench gaps": f"--case --model --unit --seconds --threads --despite-load {SAID}",
    "bench processes": f"--model --units --preset --steps --pairs --despite-load {SAID}",
    "bench window": f"""--model --unit --data --pictures --seconds --launches --no-launches
        --preset-pictures
        {SAID}""",
    "reproduce": "",
    "reproduce imagination": f"-o --seeds --rows --stages --boards --processes --work {SAID}",
    "reproduce introspection": f"-o --data --seeds --nets --networks --limit --work {SAID}",
    "reproduce dissection": f"-o --seeds --nets --pictures --threads {SAID}",
    "reproduce atlas-attack": f"""-o --data --layer --layout --atlas-pictures --pictures --pair
        --seed
        {SAID}""",
    "reproduce ablation": f"-o --data --seeds --nets --pictures {SAID}",
    "reproduce beyond": f"-o --rows --seeds --examples --most --processes --work {SAID}",
    "library": "",
    "library list": f"--file --library {NET} --json",
    "library merge": SAID,
    "library prune": (
        f"--file --library --keep --best --unfinished --vectors --dry-run {NET} --json"
    ),
    "library export": f"-o --file --library --units --backs --no-backs -k --by {NET} --json",
}

API = """Atlas BadInput BuildingBlocks Comparison ConceptSet Dissection DnnvisError LensMissing
    Library Map Mismatch Network NotTrusted Recording Unit UnknownLens UnknownNetwork UnknownUnit
    atlas atlas_region blocks compare concepts curve dissect feeders feeds fit_atlas fit_map imagine
    library life_score look looks open open_atlas open_map sweep weights wrap"""

LENSES = """gradient guided deconvnet ascent inversion imagine examples patterns statistics map
    cloud map_place map_picked constellation attack attribution graph kernels arithmetic check
    tuning layercam occlusion integrated audit blocks block_votes block_pictures concepts weights
    feeds atlas atlas_point atlas_cell atlas_region moving_map"""

PRESETS = """default live fine lucid olah2017 maco erhan simonyan yosinski1 yosinski2 yosinski3
    yosinski4 mahendran deepdream accentuate lapnorm oygard board"""

ARCHITECTURES = "net1 net2 life maze mlp-2d nca"


def at(value: Any, path: str) -> Any:
    """What of a JSON value lies at ``path`` (``a.b[].c``); of a list its first item."""
    for key in path.split("."):
        value = value[key.removesuffix("[]")]
        value = value[0] if key.endswith("[]") else value
    return value


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
    assert kinds["bundled"] == names(BUNDLED) | {"maze-9", "chess-krk"}
    assert kinds["architecture"] == names(ARCHITECTURES)
    assert {"alexnet", "resnet18", "googlenet", "vit_b_16"} <= kinds["torchvision"]
    assert {row["kind"] for row in rows} == set(kinds)
