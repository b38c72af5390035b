// The action plan's three limiters, and handlers that answer with the status they are told.
"use strict";
const express = require("express");
const { rateLimit } = require("express-rate-limit");
const { RedisStore } = require("rate-limit-redis");
const { Redis } = require("ioredis");

const redis = new Redis(process.env.REDIS_URL);
const limiter = (name, options) =>
  rateLimit({
    standardHeaders: true,
    legacyHeaders: false,
    store: new RedisStore({
      prefix: `${process.env.PREFIX}${name}:`,
      sendCommand: (command, ...words) => redis.call(command, ...words),
    }),
    ...options,
  });

const app = express();
app.set("trust proxy", 1);
app.use(limiter("api", { windowMs: 60 * 1000, limit: 30 }));
app.use(
  "/api/v1/auth/login",
  limiter("auth", { windowMs: 15 * 60 * 1000, limit: 5 }),
);
app.use(
  "/api/v1/user/second-factor",
  limiter("sensitive", {
    windowMs: 60 * 1000,
    limit: 3,
    skipSuccessfulRequests: true,
  }),
);
app.use((request, response) => {
  response.status(Number(request.get("X-Answer"))).json({});
});

const server = app.listen(0, "127.0.0.1", () =>
  console.log(server.address().port),
);
