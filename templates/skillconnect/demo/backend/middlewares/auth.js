import jwt from "jsonwebtoken";

export const isAuthenticated = (req, res, next) => {
  const { token } = req.cookies;
  if (!token) return res.status(401).json({ success: false });
  req.user = jwt.verify(token, process.env.JWT_SECRET_KEY);
  console.log("authenticated", req.user.id);
  next();
};
