"""Networks beyond pictures and the Game of Life."""
