"""Running HYFAA's own programs: locks, repair, programs and containers, and what they must leave behind."""
