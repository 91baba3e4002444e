"""The meters: one typed tree of settings, and the only reader of the environment."""

from fermata.settings.tree import LoadedSettings, Settings, load_settings

__all__ = ["LoadedSettings", "Settings", "load_settings"]
