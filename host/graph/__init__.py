"""Graphs: processors wired freely, as on a patch bay."""
