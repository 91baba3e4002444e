"""Providers of models on loopback: strict about what they are asked, scripted in what they say and how they fail."""

from fermata.testing.providers.anthropic_messages import FakeAnthropic
from fermata.testing.providers.bedrock_converse import FakeBedrock
from fermata.testing.providers.openai_chat import FakeOpenAi
from fermata.testing.providers.script import Hit, ModelFault, Script

__all__ = ["FakeAnthropic", "FakeBedrock", "FakeOpenAi", "Hit", "ModelFault", "Script"]
