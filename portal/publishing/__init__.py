"""What a State publishes: made anew from pixels and verified words, scanned before and after.

It knows only the domain and rendering.
"""
