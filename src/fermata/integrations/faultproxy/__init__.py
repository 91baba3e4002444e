"""Our own fault proxy: a relay for HTTP and TCP that breaks what goes through it for as long as a lease is renewed."""
