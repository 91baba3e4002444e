"""Jira, Cloud and Data Center: issues as evidence, and one action that creates one."""
