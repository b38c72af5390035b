// What reads the env file, so that something is there to be audited.
module.exports = { uri: process.env.MONGO_URI, key: process.env.JWT_SECRET };
