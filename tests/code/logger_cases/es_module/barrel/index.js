export { default as log } from '../utils/logger.js';
export * from './nothing.js';
