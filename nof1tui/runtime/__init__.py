"""Joins concrete parts into running programs: store, engine, arenas, leader and follower."""
