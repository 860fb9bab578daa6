"""What reportlab draws for pages and files: maps and charts. Imported where something is drawn, not where a process
starts: the library takes a good part of a second."""
