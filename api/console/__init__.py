"""The console (spec 6.4): pages for people, rendered here. Whatever they show or do goes through the API itself."""
