"""A design for other tools: what is written knows no engine, and adds no meaning."""
