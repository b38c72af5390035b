import cookieParser from "cookie-parser";
import cors from "cors";
import express from "express";
import { createBooking } from "./controllers/userFlowController.js";
import { isAuthenticated } from "./middlewares/auth.js";

const app = express();
app.use(cors({ origin: true, credentials: true }));
app.use(cookieParser());
app.use(express.json());

app.post("/api/v1/booking", isAuthenticated, createBooking);

export default app;
