"""Explain the words for the activation map."""

from dnnvis.guide.glossary import papers
from dnnvis.guide.glossary.entry import Entry

ENTRIES = (
    Entry("1 − max probability", "One minus the greatest output: the doubt that costs nothing."),
    Entry(
        "2-d, richer",
        "Two estimates of the error: from the place on the map, or from 50 principal components.",
    ),
    Entry(
        "activation map",
        "Hidden vectors of all examples in two dimensions, with a decoder back: a dot each, "
        "those that the network finds similar side by side.",
        paper=papers.PARDO,
        aliases=("map",),
    ),
    Entry("alarm, 5 % line", "The estimated error that 5 % of clean test pictures exceed."),
    Entry("attack", "A small change of a picture made so that the network answers another class."),
    Entry(
        "AUROC",
        "Chance that a wrong answer has a greater estimate than a right one; .5 is guessing.",
    ),
    Entry(
        "beside the map",
        "What is known of the example under the mouse: its neighbors, its units, and how "
        "noise and attacks move it.",
        paper=papers.PARDO,
    ),
    Entry("brainbow", "Colors of units by the classes they work for (equation 11 of the paper)."),
    Entry(
        "class",
        "One of the answers that the network can give; here the one whose expected pattern is "
        "shown.",
    ),
    Entry(
        "colour of the dots",
        "What a dot's color stands for: its true class, the class that the network answers, "
        "or how wrong it is.",
    ),
    Entry("constellation", "Noisy copies of one picture on the map."),
    Entry(
        "examples at most",
        "How many pictures the map is fitted on. Fewer are quicker; some thousands make "
        "islands that can be trusted.",
    ),
    Entry(
        "examples of",
        "Which examples are drawn: all, those that the map was fitted on, or those held back "
        "to test it.",
    ),
    Entry(
        "expected error",
        "The error that examples at this place have, as an estimator learned it, as log10.",
    ),
    Entry("feature", "One column of the harvested matrix: one unit, or one mean of a unit's map."),
    Entry(
        "FGSM", "A step of fixed size along the sign of the gradient.", paper=papers.GOODFELLOW15
    ),
    Entry(
        "field",
        "The expected error at each place, drawn behind the dots; hatched where no example lives.",
    ),
    Entry(
        "greatest change of a pixel in one step",
        "How far a pixel may move in one step of the attack, of a range from 0 to 1: small "
        "enough that people do not notice it.",
    ),
    Entry("harvest", "Running examples through a network and collecting its activations."),
    Entry(
        "InfoVAE",
        "The autoencoder that makes the map, kept spread out by the MMD (Gretton et al. 2012).",
        paper=papers.ZHAO,
    ),
    Entry("lasso", "A line around dots that picks them."),
    Entry(
        "order of the units within a layer",
        "By the class that each unit works for, or as the network numbers them.",
    ),
    Entry(
        "PCA, UMAP",
        "Two other projections: along the directions of most variance, or by neighborhoods "
        "(where it is installed).",
        paper=papers.MCINNES,
    ),
    Entry(
        "Procrustes residual",
        "What is left between two maps after the best turn and scale; 0 means only turned.",
    ),
    Entry(
        "seed of the fit",
        "The number that the fit's randomness begins with. Another one gives another map that "
        "is as true.",
        aliases=("seed of the fit; another one gives another map",),
    ),
    Entry("steps of the attack", "How many small changes follow each other."),
    Entry(
        "steps of the fit",
        "How long the map learns. Few steps are quick and poor.",
        aliases=("steps of the fit; few are quick and poor",),
    ),
    Entry("trail", "Where the last frames were."),
    Entry(
        "VAE map",
        "The activation map, learned by a variational autoencoder (here an InfoVAE): it "
        "squeezes each example's activations into two numbers and back.",
        paper=papers.ZHAO,
    ),
    Entry(
        "what is shown of the units",
        "A color for each unit of the network: how strong it is for this frame, for the place "
        "under the mouse, or which class it works for.",
    ),
)
