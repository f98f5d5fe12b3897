"""One module a property; a module in this folder with a `PROPERTY` is a property."""
