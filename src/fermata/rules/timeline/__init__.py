"""From a channel's messages, deploys and metrics to the cited draft of a post-mortem, without a model. Pure."""

from fermata.rules.timeline.draft import draft_postmortem

__all__ = ["draft_postmortem"]
