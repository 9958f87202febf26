"""The built site in a real browser; run after the build, `make test` does so."""
