"""Networks beyond the Game of Life."""
