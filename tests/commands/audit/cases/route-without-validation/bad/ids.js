const express = require('express');
const { isValidObjectId } = require('mongoose');
const app = express();
app.delete('/a/:id', async (req, res) => { await A.deleteOne({ _id: req.params.id }); res.end(); }); // FIND: low
app.put('/b/:id(\\d+)', async (req, res) => { await A.updateOne({ _id: req.params.id }, req.body); res.end(); }); // FIND: medium
