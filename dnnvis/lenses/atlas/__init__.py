"""Make an activation atlas of a layer over a data set, grow its pictures, and attack with it."""
