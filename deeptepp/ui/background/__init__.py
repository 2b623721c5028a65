"""What outlives a click: sessions, drafts, visitors, jobs and the model of this server."""
