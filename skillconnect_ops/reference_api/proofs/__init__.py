"""What proves who somebody is: passwords, second factors, tokens, and the keys that sign them."""
