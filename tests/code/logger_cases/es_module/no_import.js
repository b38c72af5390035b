'use strict'

export const run = () => { console.log('one') }
