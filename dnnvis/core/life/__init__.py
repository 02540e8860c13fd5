"""What a board of the Game of Life is, and by which rule it goes on."""
