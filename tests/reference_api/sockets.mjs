// Opens connections as a page does, and tells all that comes. A line in, a line out, both JSON:
//   {"do": "open", "as": NAME, "url": …, "token": …, "headers": {…}}   {"do": "close", "as": NAME}
//   {"do": "send", "as": NAME, "event": …, "data": […], "number": N}
import { createRequire } from "node:module";
import { createInterface } from "node:readline";

const { io } = createRequire(`${process.argv[2]}/`)("socket.io-client");
const sockets = new Map();
const tell = (line) => process.stdout.write(`${JSON.stringify(line)}\n`);

const open = ({ as, url, token, headers }) => {
  const socket = io(url, {
    transports: ["websocket"],
    auth: { token },
    extraHeaders: headers,
    forceNew: true,
    reconnection: false,
  });
  sockets.set(as, socket);
  socket.on("connect", () => {
    const port = socket.io.engine.transport.ws._socket.localPort;
    tell({ as, what: "open", port });
  });
  socket.on("connect_error", (error) => {
    tell({ as, what: "refused", message: error.message, data: error.data ?? null });
    socket.io.engine?.close();
  });
  socket.on("disconnect", (reason) => tell({ as, what: "closed", reason }));
  socket.onAny((event, ...data) => tell({ as, what: "event", event, data }));
};

const send = ({ as, event, data, number }) =>
  sockets.get(as).emit(event, ...data, (answer) => tell({ as, what: "answer", number, answer }));

createInterface({ input: process.stdin }).on("line", (line) => {
  const wanted = JSON.parse(line);
  if (wanted.do === "open") open(wanted);
  else if (wanted.do === "send") send(wanted);
  else sockets.get(wanted.as).disconnect();
}).on("close", () => process.exit(0));
