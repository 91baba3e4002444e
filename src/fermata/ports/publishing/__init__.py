"""What publishers of documents have in common: a Markdown document as blocks, and what may be overwritten."""
