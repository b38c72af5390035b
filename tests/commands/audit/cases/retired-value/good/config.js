const secret = process.env.JWT_SECRET_KEY; // an-old-value-that-leaked, they say, in-spring
