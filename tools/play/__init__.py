"""Seven days of the platform, played through in some minutes: real services under a wall clock that is set forward."""
