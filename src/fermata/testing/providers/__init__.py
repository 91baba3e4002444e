"""Providers of models on loopback: strict about what they are asked, scripted in what they say and how they fail."""

from fermata.testing.providers.openai_chat import FakeOpenAi
from fermata.testing.providers.script import Hit, ModelFault, Script

__all__ = ["FakeOpenAi", "Hit", "ModelFault", "Script"]
