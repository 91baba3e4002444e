"""Terraform: what changed between the serials of a state, and how what runs has drifted from it. Never applies."""
