const secret = 'an-old-value-that-leaked-in-spring'; // FIND: critical
const packed = 'YW4tb2xkLXZhbHVlLXRoYXQtbGVha2VkLWluLXNwcmluZw=='; // FIND: critical
