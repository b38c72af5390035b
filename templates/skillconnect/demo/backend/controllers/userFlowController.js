import mongoose from "mongoose";
import { Booking } from "../models/booking.js";

export const createBooking = async (req, res, next) => {
  const session = await mongoose.startSession();
  try {
    const [booking] = await session.withTransaction(() =>
      Booking.create([{ requester: req.user.id, ...req.body }], { session }),
    );
    console.log("booking created", booking._id);
    res.status(201).json({ success: true, booking });
  } catch (error) {
    console.error("booking failed", error);
    next(error);
  } finally {
    session.endSession();
  }
};
