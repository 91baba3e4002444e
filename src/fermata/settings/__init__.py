"""The meters: one typed tree of settings, and the only reader of the environment."""

from fermata.settings.tree import LoadedSettings, Settings, find_state_dir, find_unnamed_state, load_settings

__all__ = ["LoadedSettings", "Settings", "find_state_dir", "find_unnamed_state", "load_settings"]
