"""Commands. The only room that builds and joins concrete things."""
