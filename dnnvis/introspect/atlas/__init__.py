"""The numbers of an activation atlas: whitening, layout, cells, and the file that holds them."""
