"""How results are shown; everything here is made from data alone."""
