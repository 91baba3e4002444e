"""The stories: what happens to an alert, from the webhook to the verification.

Flows lean on ports, rules and domain. They know no system, no database and no surface by name.
"""
