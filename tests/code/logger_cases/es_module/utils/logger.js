import winston from 'winston';

const logger = winston.createLogger({ level: 'info' });

export const requestLogger = (req, res, next) => next();

export default logger;
