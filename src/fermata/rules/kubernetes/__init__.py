"""The Kubernetes object model: API objects and printed text read alike, and what is observably wrong."""
