import express from 'express';
import { a } from './a.js';

console.log('one', a);

export default express;
