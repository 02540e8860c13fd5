"""The ``dnnvis`` program."""

from typing import Annotated

import typer

from dnnvis.cli import bench, look, networks, train
from dnnvis.cli import options as given

app = typer.Typer(pretty_exceptions_enable=False, add_completion=False)
app.add_typer(train.app, name="train")
app.add_typer(bench.app, name="bench")
app.command()(networks.models)
app.command()(networks.layers)
app.command()(look.look)


@app.callback(invoke_without_command=True)
def window(
    context: typer.Context,
    net: Annotated[str | None, typer.Option(help="The network to run.")] = None,
    source: Annotated[
        str | None, typer.Option(help="webcam:0, a picture, a film, a folder, demo.")
    ] = None,
    checkpoint: given.CheckpointOption = None,
    weights: given.Weights = None,
    size: given.Size = None,
    mean: given.Mean = None,
    std: given.Std = None,
    labels: given.Labels = None,
    device: given.Device = "cpu",
    threads: given.Threads = 0,
    trust_code: given.Trust = False,
    debug: given.Debug = False,
) -> None:
    """See what a neural network sees, means and imagines while it runs.

    Without a command the window opens.
    """
    if context.invoked_subcommand is not None:
        return
    with given.plainly(debug):
        try:
            from dnnvis.app.main import Options, run
        except ModuleNotFoundError as why:
            if why.name and why.name.startswith(("PyQt6", "pyqtgraph")):
                raise given.BadInput(f"The window needs {why.name}; install it.") from None
            raise
        wishes = given.settings(checkpoint, weights, size, mean, std, labels, device, trust_code)
        choice = given.network_choice(net, wishes)
        raise typer.Exit(run(Options(choice, source, threads)))
