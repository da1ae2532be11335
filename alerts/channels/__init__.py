"""One module a notification channel."""
