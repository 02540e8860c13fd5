"""What recurrent networks imagine beyond the Game of Life: mazes, and an ending of chess."""
