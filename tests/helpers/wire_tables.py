"""Read the tables of names that test_wire_names.py and test_wire_commands.py have."""

MADE = "network weights_sha256 image made_with"

RECIPES = {
    "look": f"lens unit to seed view {MADE}",
    "look-ascent": f"""lens unit preset seed seeds between parametrisation start statistic nature
        steps move rate wanted auto canvas window size views sd power falloff jitter jitter_after
        rotate smallest largest noise first_box last_box decay blur blur_every norm_cut
        contribution_cut l2 tv tv_beta alpha ball levels diversity hold hold_depth gain clip
        objective best_seed steps_done source nature_from {MADE}""",
    "invert": f"""lens unit preset schedule steps rate tv beta alpha seed seeds objective error
        best_seed steps_done source {MADE}""",
    "look-examples": f"lens unit k by bottom source backs library distinct {MADE}",
    "look-imagine": f"lens unit decoder threshold match source {MADE}",
}

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

BUNDLED = """net1-mnist net1-mnist-noise net2-cifar10 life-2 life-3 life-4 life-3-faithful
    life-3-no-autoencoder life-3-unshared life-2-3 life-2-3-adversarial squeezenet-imagenet
    nca-salamander nca-coffee"""


def names(text: str) -> set[str]:
    return set(text.split())
