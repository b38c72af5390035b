/*
 * Copyright (c) the authors. MIT License.
 */
'use strict';

console.log('alone');
