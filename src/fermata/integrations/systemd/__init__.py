"""systemd: state, journal, environment and resources of its services, and catalogue actions on them."""
