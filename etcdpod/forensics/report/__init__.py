"""The post-mortem: what a source shows of an incident, put together for whoever was not there."""
