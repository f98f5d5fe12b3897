"""What can be wrong with a text, as data; rendered only in `report`."""
