"""A design after every name is resolved: frozen data only."""
