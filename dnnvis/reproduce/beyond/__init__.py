"""What networks do beyond the Game of Life: mazes, an ending of chess, growing automata."""
