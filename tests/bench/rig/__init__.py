"""What several benches share: meters, their simulator, and the service from checks to stores."""
