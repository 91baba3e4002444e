"""Google Docs: where post-mortems are published as documents, by way of Drive's conversion of HTML."""
