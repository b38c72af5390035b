// What our program does for a read and for /health, as the action plan would have it of Express.
"use strict";
const cors = require("cors");
const express = require("express");
const helmet = require("helmet");
const jwt = require("jsonwebtoken");
const pino = require("pino");
const { randomUUID } = require("node:crypto");
const { rateLimit } = require("express-rate-limit");
const { RedisStore } = require("rate-limit-redis");
const { Redis } = require("ioredis");
const { MongoClient, ObjectId } = require("mongodb");

const { REDIS_URL, MONGO_URI, JWT_SECRET_KEY, ORIGIN, LOG_FILE, FILLER } =
  process.env;
const log = pino(pino.destination(LOG_FILE));
const redis = new Redis(REDIS_URL);
const client = new MongoClient(MONGO_URI);
const database = client.db();
const pings = { at: 0 };

const pinged = async () => {
  if (Date.now() - pings.at > 500) {
    await Promise.all([database.command({ ping: 1 }), redis.ping()]);
    pings.at = Date.now();
  }
};

const app = express();
app.set("trust proxy", 1);
app.use((request, response, next) => {
  const began = process.hrtime.bigint();
  request.id = randomUUID();
  response.set("X-Request-Id", request.id);
  response.on("finish", () => {
    log.info({
      request_id: request.id,
      method: request.method,
      path: request.path,
      status: response.statusCode,
      ms: Number((process.hrtime.bigint() - began) / 100000n) / 10,
      ip: request.ip,
      user_id: request.user ?? null,
    });
  });
  next();
});
app.use(helmet());
app.use(cors({ origin: [ORIGIN], credentials: true }));
app.get("/health", async (request, response) => {
  await pinged();
  response.json({
    status: "UP",
    timestamp: new Date(),
    uptime: process.uptime(),
    checks: { database: "UP", redis: "UP" },
    filler: FILLER,
  });
});
app.use(
  rateLimit({
    windowMs: 60 * 1000,
    limit: 30,
    standardHeaders: true,
    legacyHeaders: false,
    store: new RedisStore({
      prefix: "express:",
      sendCommand: (command, ...words) => redis.call(command, ...words),
    }),
  }),
);
app.use(express.json({ limit: 100_000 }));
app.get("/api/v1/user/profile", async (request, response) => {
  const token = (request.get("Authorization") ?? "").replace("Bearer ", "");
  let claims;
  try {
    claims = jwt.verify(token, JWT_SECRET_KEY, {
      algorithms: ["HS256"],
      issuer: "skillconnect",
      audience: "skillconnect:user",
    });
  } catch {
    return response.status(401).json({ success: false });
  }
  const user = await database.collection("users").findOne(
    { _id: new ObjectId(claims.sub) },
    {
      projection: { password: 0, "totp.secret": 0, "totp.recovery": 0 },
    },
  );
  const session = user?.sessions.find(
    (one) => one.sid === claims.sid && one.expiresAt > new Date(),
  );
  if (!session) {
    return response.status(401).json({ success: false });
  }
  request.user = claims.sub;
  response.json({
    success: true,
    user: {
      id: String(user._id),
      username: user.username,
      email: user.email,
      firstName: user.firstName,
      lastName: user.lastName,
      phone: user.phone,
      address: user.address ?? null,
      role: user.role,
      skills: user.skills ?? [],
      verified: user.verified,
      hasSecondFactor: Boolean(user.totp?.confirmed),
      createdAt: user.createdAt,
      totalJobsAssigned: user.totalJobsAssigned,
    },
  });
});

client.connect().then(() => {
  const server = app.listen(0, "127.0.0.1", () =>
    console.log(server.address().port),
  );
});
