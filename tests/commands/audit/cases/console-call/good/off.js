/* eslint no-alert: 2, "no-console": ["off", { allow: [] }] */
console.log('off for the whole file');
