"""Sees collisions between live branches while they are being written, and has their sessions told."""
