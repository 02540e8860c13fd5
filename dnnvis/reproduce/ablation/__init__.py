"""How accuracy falls as more and more units are switched off, in several orders."""
