const express = require('express');
const { isValidObjectId } = require('mongoose');
const mongoose = require('mongoose');
const app = express();
function hasId(req, res, next) {
  if (!isValidObjectId(req.params.id)) throw new Error('bad id');
  next();
}
app.delete('/a/:id', hasId, async (req, res) => { await A.deleteOne({ _id: req.params.id }); res.end(); });
app.delete('/b/:id', async (req, res) => {
  if (!mongoose.Types.ObjectId.isValid(req.params.id)) return res.status(400).end();
  await A.deleteOne({ _id: req.params.id });
  res.end();
});
app.delete('/c/:id(\\d+)', async (req, res) => { await A.deleteOne({ _id: req.params.id }); res.end(); });
const router = express.Router();
router.param('id', (req, res, next, id) => {
  if (!/^[0-9a-f]{24}$/.test(id)) return res.status(400).end();
  next();
});
router.delete('/d/:id', async (req, res) => { await A.deleteOne({ _id: req.params.id }); res.end(); });
app.use(router);
