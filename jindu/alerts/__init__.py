"""Tell the configured recipients what is new since they were last told."""
