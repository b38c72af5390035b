"""What clients send and are told; names are `camelCase` on the wire, as the plan has them."""
