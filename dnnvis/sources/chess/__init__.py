"""King and rook against king: positions, exact play, and boards as pictures."""
