"""Tools that set up and run the platform natively on one machine."""
