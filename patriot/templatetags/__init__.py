"""What templates may ask of values: times, hosts, languages."""
