"""The same deployment on Kubernetes: pure functions to the settings that make its pods."""
