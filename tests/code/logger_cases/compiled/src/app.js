import express from 'express';
import a from './a';

console.log('one', a, express);
