import "dotenv/config";
import { createServer } from "node:http";
import { Server } from "socket.io";
import mongoose from "mongoose";
import app from "./app.js";

const server = createServer(app);
const io = new Server(server);

io.on("connection", (socket) => {
  console.log("socket connected", socket.id);
  socket.on("message", (data) => io.emit("message", data));
});

await mongoose.connect(process.env.MONGO_URI);
console.log("database connected");
server.listen(process.env.PORT || 4000);
