"""Project activations onto directions with coefficients that are not negative.

At each position the coefficients w of a vector x are those that minimize |x - w H| with w >= 0,
where the rows of H are the directions: non-negative least squares. Solved for all positions at once
by block principal pivoting (Kim and Park 2011, "Fast nonnegative matrix factorization", section 3).

The gradient is that of the same coefficients: which of them are zero is decided without gradients,
and the others are a linear function of x, so it is exact wherever no coefficient is about to become
zero. A coefficient that is zero passes no gradient, as behind a ReLU.
"""

import torch
from torch import Tensor

MAX_DIRECTIONS = 60  # which of them are active is one whole number
RIDGE = 1e-6  # of the mean of the Gram matrix's diagonal: dependent directions have an answer
TOLERANCE = 1e-10  # of a position's largest product: smaller violations are rounding
FULL_EXCHANGES = 3  # that do not help, before one entry is exchanged at a time
MAX_ROUNDS = 200
MAX_CHUNK_VALUES = 1 << 22  # numbers of the inverses of one chunk of positions


def project_nonnegative(maps: Tensor, directions: Tensor) -> Tensor:
    """Return the coefficients of maps, part of their graph.

    Args:
        maps: Activations (B, C, H, W).
        directions: (k, C), none of them zero.

    Returns:
        Coefficients (B, k, H, W), at least 0, of the type of ``maps``. Positions with values that
        are not finite get NaN.
    """
    precise = torch.float32 if maps.device.type == "mps" else torch.float64
    vectors = directions.detach().to(maps.device, precise)
    products = torch.einsum("bchw,kc->bhwk", maps.to(precise), vectors)  # (B, H, W, k)
    flat = products.reshape(-1, len(vectors))  # (N, k)
    gram = vectors @ vectors.T
    gram = gram + RIDGE * gram.diagonal().mean() * torch.eye(len(gram)).to(gram)
    parts = [
        _solve(gram, part)
        for part in torch.split(flat, max(MAX_CHUNK_VALUES // max(len(gram), 1) ** 2, 1))
    ]
    result = (torch.cat(parts) if parts else flat).clamp(min=0)  # of rounding below zero
    return result.reshape(products.shape).permute(0, 3, 1, 2).to(maps.dtype)


def _solve(gram: Tensor, products: Tensor) -> Tensor:
    """Return the coefficients (N, k) of x with x H^T = ``products`` (N, k)."""
    with torch.no_grad():
        active = find_active(gram, products.detach())
        patterns, numbers = _number_patterns(active)
        inverses = _invert_active(gram, patterns)  # (P, k, k)
    return torch.einsum("nkj,nj->nk", inverses[numbers], products)


def find_active(gram: Tensor, products: Tensor) -> Tensor:
    """Return which coefficients are above zero, bool (N, k).

    Args:
        gram: H H^T, (k, k), positive definite.
        products: x H^T of N vectors, (N, k).
    """
    count, k = products.shape
    active = torch.zeros((count, k), dtype=torch.bool, device=products.device)
    scale = products.abs().amax(1, keepdim=True) if k else products
    tolerance = TOLERANCE * scale
    fewest = torch.full((count,), k + 1, device=products.device)
    tries = torch.full((count,), FULL_EXCHANGES, device=products.device)
    todo = torch.arange(count, device=products.device)
    for _ in range(MAX_ROUNDS):
        values, slopes = _try_active(gram, products[todo], active[todo])
        wrong = torch.where(active[todo], values < -tolerance[todo], slopes < -tolerance[todo])
        number_wrong = wrong.sum(1)
        is_open = number_wrong > 0
        if not bool(is_open.any()):
            break
        todo, wrong, number_wrong = todo[is_open], wrong[is_open], number_wrong[is_open]
        better = number_wrong < fewest[todo]
        fewest[todo] = torch.where(better, number_wrong, fewest[todo])
        tries[todo] = torch.where(better, FULL_EXCHANGES, tries[todo] - 1)
        single = ~better & (tries[todo] < 0)
        last = k - 1 - wrong.flip(1).int().argmax(1)  # the backup rule: the last alone
        one = torch.zeros_like(wrong)
        one[torch.arange(len(one), device=one.device), last] = True
        active[todo] ^= torch.where(single[:, None], wrong & one, wrong)
    return active


def _try_active(gram: Tensor, products: Tensor, active: Tensor) -> tuple[Tensor, Tensor]:
    """Return the coefficients (N, k) with these active, and the slopes of the rest (N, k)."""
    patterns, numbers = _number_patterns(active)
    inverses = _invert_active(gram, patterns)
    values = torch.einsum("nkj,nj->nk", inverses[numbers], products)
    return values, values @ gram - products


def _number_patterns(active: Tensor) -> tuple[Tensor, Tensor]:
    """Return the different rows (P, k) of ``active`` (N, k), and the number of each row's, (N,)."""
    bits = torch.arange(active.shape[1], device=active.device)
    codes = (active.long() << bits).sum(1)  # far faster to sort than rows
    different, numbers = torch.unique(codes, return_inverse=True)
    return (different[:, None] >> bits & 1).bool(), numbers


def _invert_active(gram: Tensor, patterns: Tensor) -> Tensor:
    """Return (P, k, k): the inverse of the Gram matrix of each pattern's directions, else zeros."""
    both = patterns[:, :, None] & patterns[:, None, :]
    identity = torch.eye(len(gram), dtype=gram.dtype, device=gram.device)
    masked = torch.where(both, gram, torch.where(identity.bool(), identity, 0.0))
    return torch.where(both, torch.linalg.inv(masked), 0.0)
