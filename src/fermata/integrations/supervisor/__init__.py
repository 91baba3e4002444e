"""supervisord: state, logs, environment and resources of its programs, and three catalogue actions on them."""
