// What the scanner of @mdn/mdn-http-observatory does, with ports and a path of our choice.
import dns from "node:dns";
import { getGradeForScore, getScoreModifier } from "@mdn/mdn-http-observatory/src/grader/grader.js";
import { MINIMUM_SCORE_FOR_EXTRA_CREDIT } from "@mdn/mdn-http-observatory/src/grader/charts.js";
import { retrieve } from "@mdn/mdn-http-observatory/src/retriever/retriever.js";
import { ALL_TESTS } from "@mdn/mdn-http-observatory/src/constants.js";

const [hostname, httpPort, httpsPort, path] = process.argv.slice(2);

// every name is this machine: the tests are about a host with a name, and nothing leaves it
dns.lookup = (name, options, callback) => {
  const done = callback ?? options;
  if (options.all) done(null, [{ address: "127.0.0.1", family: 4 }]);
  else done(null, "127.0.0.1", 4);
};

const found = await retrieve(hostname, { httpPort, httpsPort, path });
const tests = {};
let bonus = 100;
let plain = 100;
for (const test of ALL_TESTS) {
  const { constructor, pass, result } = test(found);
  const modifier = getScoreModifier(result);
  tests[constructor.name] = { pass, result, modifier };
  bonus += modifier;
  plain += Math.min(modifier, 0);
}
const { score, grade } = getGradeForScore(
  plain >= MINIMUM_SCORE_FOR_EXTRA_CREDIT ? bonus : plain,
);
const { verified, status } = found.responses.auto;
console.log(JSON.stringify({ score, grade, verified, status, tests }));
