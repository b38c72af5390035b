const lockout = new Mutex();
exports.sync = async () => { if (lockout.isLocked()) return; };
