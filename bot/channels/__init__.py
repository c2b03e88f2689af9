"""Where messages come in: the web channel and its sessions."""
