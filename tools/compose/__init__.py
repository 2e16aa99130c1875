"""Inside the platform's containers: secrets from files, waiting for the database, then the service itself."""
