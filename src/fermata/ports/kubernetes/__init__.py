"""The way into a Kubernetes cluster, for whichever integration calls its API."""
