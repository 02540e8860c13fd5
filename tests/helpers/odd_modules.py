"""Forty odd modules that people's networks hold: each takes the place of an ordinary one.

An odd module is made of the one that it replaces (mostly it runs that one and does something odd
with what it returned) and returns a tensor of the same shape; a ``whole`` one is made of the whole
network, whose inputs or outputs are then odd. ``variant`` counts how often the kind was taken.
``settle`` brings modules that torch's ``eval`` cannot reach into eval mode.
"""

from helpers import odd_interfaces, odd_layers
from helpers.odd_kinds import ODDS, Odd, Unsuitable

__all__ = ["ODDS", "Odd", "Unsuitable", "odd_interfaces", "odd_layers"]  # they fill the list
