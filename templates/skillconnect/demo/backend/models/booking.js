import mongoose from "mongoose";

const { ObjectId } = mongoose.Schema.Types;
const statuses = ["Pending", "Confirmed", "Working", "Complete", "Cancelled"];
const schema = new mongoose.Schema(
  {
    requester: { type: ObjectId, ref: "User", required: true },
    provider: { type: ObjectId, ref: "User", required: true },
    serviceRequest: { type: ObjectId, ref: "ServiceRequest", required: true },
    status: { type: String, enum: statuses, default: "Pending" },
  },
  { timestamps: true },
);
schema.index({ requester: 1, status: 1 });
schema.index({ provider: 1, status: 1 });

export const Booking = mongoose.model("Booking", schema);
