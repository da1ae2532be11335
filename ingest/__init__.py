"""Where samples go: checks, journal, stores, latest values, counters to energy."""
