"""Stores that earlier versions of this code wrote, and how they were made."""
