"""Pure decisions: values in, a value out. No I/O, no clock, no randomness. Flows call them; they call nobody."""
