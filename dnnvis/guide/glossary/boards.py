"""Explain the words for recurrent networks and boards."""

from dnnvis.guide.glossary import papers
from dnnvis.guide.glossary.entry import Entry

ENTRIES = (
    Entry(
        "adversarial stage",
        "A new decoder learns beside a discriminator, while encoder and cell stay as they are "
        "(also Wichers et al. 2022).",
        paper=papers.GOODFELLOW14,
    ),
    Entry("aligned", "Score of output k against true state k."),
    Entry(
        "automaton",
        "A network that every cell of a grid runs for itself, on its own numbers and its "
        "neighbors'. It grows a picture from one seed, and heals it.",
        paper=papers.MORDVINTSEV,
        aliases=("growing automaton", "cellular automaton"),
    ),
    Entry(
        "begin again at the end while playing",
        "Playing goes on from the first step when the last one was shown.",
    ),
    Entry(
        "board",
        "Cells that are dead or alive, the input of the Game of Life (Conway 1970). As the "
        "name of a preset: a synthesis whose pixels are such cells.",
    ),
    Entry(
        "border",
        "What lies outside of a board: dead cells, or its other side (periodic, a torus).",
        aliases=("border of the boards",),
    ),
    Entry(
        "canvas",
        "The grid on which an automaton grows, with all numbers of every cell: erase, cut, plant "
        "a seed.",
    ),
    Entry(
        "cell",
        "A place of a board; also the module of a recurrent network that makes the next state.",
    ),
    Entry(
        "chance corrected",
        "A score from which the part that guessing earns is taken off.",
        aliases=("corrected",),
    ),
    Entry("distinct", "Share of the true boards in between that are shown at all."),
    Entry("generation", "One step of the Game of Life."),
    Entry(
        "imagined state",
        "What the network holds at a step, drawn by the decoder. It was never told these "
        "boards in between; it had to imagine them.",
        paper=papers.WICHERS,
        aliases=(
            "imagined",
            "imagination",
        ),
    ),
    Entry(
        "lean, faithful",
        "Two kinds of cell: convolutions of 3x3, 1x1 and 1x1, or three of 3x3 as in the paper.",
    ),
    Entry("mcc", "Matthews correlation of two boards: 1 equal, 0 for one that says nothing."),
    Entry(
        "paper (score)",
        "Equation 1 of the paper: how many of the imagined boards in between match a new true "
        "one in 95 % of the cells.",
        paper=papers.WICHERS,
        aliases=("paper",),
    ),
    Entry("probe", "A linear model that reads a state out of a hidden vector."),
    Entry(
        "recurrent network",
        "A network that uses its own result as its next input, step by step, and so carries a "
        "state along.",
    ),
    Entry("RLE", "The usual text format for boards."),
    Entry(
        "RNN step",
        "One round of a recurrent network: the same cell makes the next hidden state from the "
        "one before.",
    ),
    Entry(
        "rule",
        "With how many living neighbors of eight a cell is born (B) and survives (S); "
        "Conway's is B3/S23.",
    ),
    Entry(
        "seed of everything random",
        "The number that first weights and boards come from: with the same one the same training.",
    ),
    Entry(
        "step",
        "The number of the step that every card shows: 0 is what the encoder made of the "
        "board, the last is the answer.",
    ),
    Entry(
        "steps of the network",
        "How many rounds the network has from the first board to the last: one for each "
        "generation, or fewer or more than those.",
    ),
    Entry(
        "straight-through",
        "Rounding whose gradient is taken as if it had not rounded.",
        paper=papers.BENGIO,
    ),
    Entry("strict", "The paper's score, where every single cell must be right."),
)
