"""skc takes a web app from leaked to locked down."""
