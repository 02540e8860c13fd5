"""Small recurrent networks on pictures (B, 1, 28, 28), for every test that needs time steps."""

import torch
from torch import Tensor, nn


def _seeded(module: nn.Module, seed: int = 0) -> nn.Module:
    """Weights that are large enough to move gates away from one half."""
    generator = torch.Generator().manual_seed(seed)
    with torch.no_grad():
        for weight in module.parameters():
            weight.normal_(0, 0.3, generator=generator)
    return module.eval()


class RowLSTM(nn.Module):
    """A classifier that reads a picture row by row: 28 time steps of 28 values."""

    def __init__(self, **settings: bool | int | float) -> None:
        super().__init__()
        settings = {"batch_first": True} | settings
        self.lstm = nn.LSTM(28, 12, **settings)
        self.fc = nn.Linear(self._width(), 10)

    def _width(self) -> int:
        width = self.lstm.proj_size or self.lstm.hidden_size
        return width * (1 + self.lstm.bidirectional)

    def forward(self, x: Tensor) -> Tensor:
        rows = x[:, 0]  # (B, 28, 28)
        if not self.lstm.batch_first:
            rows = rows.transpose(0, 1)
        steps, _ = self.lstm(rows)
        return self.fc(steps[:, -1] if self.lstm.batch_first else steps[-1])


class RowGRU(nn.Module):
    """Convolutions first; the rows of their maps, 7 of them, are the time steps of a GRU."""

    def __init__(self) -> None:
        super().__init__()
        self.features = nn.Sequential(
            nn.Conv2d(1, 4, 3, padding=1), nn.BatchNorm2d(4), nn.ReLU(), nn.MaxPool2d(4)
        )
        self.gru = nn.GRU(28, 9, batch_first=True)
        self.fc = nn.Linear(9, 10)

    def forward(self, x: Tensor) -> Tensor:
        maps = self.features(x)  # (B, 4, 7, 7)
        rows = maps.permute(0, 2, 1, 3).flatten(2)  # (B, 7, 28)
        _steps, last = self.gru(rows)
        return self.fc(last[-1])


class CellLoop(nn.Module):
    """An LSTM cell called once for each of 7 bands of 4 rows."""

    def __init__(self) -> None:
        super().__init__()
        self.cell = nn.LSTMCell(112, 8)
        self.fc = nn.Linear(8, 10)

    def forward(self, x: Tensor) -> Tensor:
        state = None
        for band in x.flatten(1).split(112, 1):
            state = self.cell(band, state)
        return self.fc(state[0])


def row_lstm(**settings: bool | int | float) -> nn.Module:
    """``lstm``: 28 calls of 12 units; ``settings`` are those of nn.LSTM."""
    return _seeded(RowLSTM(**settings))


def row_gru() -> nn.Module:
    """``gru``: 7 calls of 9 units, after ``features`` with maps."""
    return _seeded(RowGRU())


def cell_loop() -> nn.Module:
    """``cell``: 7 calls of 8 units."""
    return _seeded(CellLoop())
