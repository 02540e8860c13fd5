"""Put optimal play beside what a network imagines of an ending of chess, ply by ply."""

import numpy as np
from numpy.typing import NDArray

from dnnvis.core.errors import BadInput
from dnnvis.lenses.imagination.maze_truth import StripParts
from dnnvis.lenses.imagination.score import ALIVE_THRESHOLD
from dnnvis.lenses.lens import Scene
from dnnvis.network.card import Card
from dnnvis.network.values import to_float32
from dnnvis.sources.chess.krk import SIDE, Squares, exact_play, index_positions
from dnnvis.sources.chess.positions import PIECES, check_position, draw_boards, read_boards

PIECES_ENTRY = "pieces"  # of a card: what the planes of its network hold


def takes_pieces(card: Card) -> bool:
    """Return whether a network takes positions of king and rook against king."""
    return card.about.get(PIECES_ENTRY) == list(PIECES)


def add_chess_truth(scene: Scene, parts: StripParts) -> None:
    """Add the positions of optimal play, and how many pieces of each imagined one are right.

    A picture that is no legal position, or where mate comes too early, gets a note instead.
    """
    assert scene.recording is not None
    imagined = parts.rows["imagination"]  # (N + 1, 8, 8, 3)
    plies = len(imagined) - 1
    try:
        position = _read_position(to_float32(scene.recording.x.detach()[0]), plies)
    except BadInput as error:
        parts.notes.append(str(error))
        return
    line = exact_play().line(position[None], plies)[0]
    parts.rows["truth"] = draw_boards(line).transpose(0, 2, 3, 1).astype(np.float32)
    right = (read_boards(imagined.transpose(0, 3, 1, 2)) == line).sum(1)
    trained = {plies} | ({0} if scene.network.card.about.get("autoencoder", False) else set())
    parts.marks = tuple(
        f"{count} of {len(PIECES)} pieces{', trained' if k in trained else ''}"
        for k, count in enumerate(right)
    )
    between = int((right[1:-1] == len(PIECES)).sum())
    parts.notes.append(
        f"All pieces are right in {between} of the {plies - 1} positions in between, and "
        f"{right[-1]} of {len(PIECES)} in the last one."
    )


def _read_position(planes: NDArray[np.float32], plies: int) -> Squares:
    """Return the position in a network's input (3, 8, 8); raise BadInput where it has no line."""
    pieces = planes >= ALIVE_THRESHOLD
    if pieces.shape != (len(PIECES), SIDE, SIDE) or (pieces.sum((1, 2)) != 1).any():
        raise BadInput(
            "This picture is no position: on 8 x 8 squares one is red (white king), one green "
            "(rook) and one blue (black king)."
        )
    position = read_boards(planes)
    play = exact_play()
    check_position(position, play)
    left = int(play.white_plies[index_positions(position)])
    if left < plies:
        away = "1 ply" if left == 1 else f"{left} plies"
        raise BadInput(f"Mate is {away} away here; the network looks {plies} plies ahead.")
    return position
