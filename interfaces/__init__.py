"""The edges: HTTP, command line, imports, and the one place that wires them."""
