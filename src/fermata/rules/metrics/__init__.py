"""Which service moved first and why the others followed: shifts of metrics, read over the call graph."""
