"""Running every service of the platform natively on one machine: `make demo` and the tests."""
