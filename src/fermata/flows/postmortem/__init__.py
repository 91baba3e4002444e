"""The paper trail: a bundle's chat, deploys and metrics become the draft of a post-mortem. No model is asked."""
