"""Papers of a package as PDF, drawn on request from what is known of it: packaging document and shipping label."""
