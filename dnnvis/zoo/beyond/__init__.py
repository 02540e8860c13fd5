"""Networks beyond pictures: built by a spec in their card."""
