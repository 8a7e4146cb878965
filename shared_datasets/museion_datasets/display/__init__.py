"""How a dataset shows itself in a notebook and on a terminal."""
