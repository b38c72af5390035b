import {
  a,
  b,
} from './a.js'

console.log('one', a, b)
