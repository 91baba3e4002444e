"""What the systems that keep metrics have in common: series become evidence in one way, whoever measured them."""
