"""The service in two processes: one watches, one serves, and a parent keeps both running."""
