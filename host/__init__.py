"""What runs effects and everything foreign: chains, plugins, capture, evaluation, reports, the command line."""
