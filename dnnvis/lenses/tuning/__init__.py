"""How a unit responds to simple pictures: bars, gratings, dots, hues."""
