"""The audit trail on the screen, for administrators."""
