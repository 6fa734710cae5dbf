// Evaluates an exported JsonLogic document on accounts, one JSON object a line, with the public json-logic-js.
// Usage: node evaluate.js DOCUMENT ACCOUNTS OUT
const fs = require("fs");
const readline = require("readline");
const logic = require("json-logic-js");

async function main([document, accounts, out]) {
  const rules = JSON.parse(fs.readFileSync(document, "utf8"));
  const lines = readline.createInterface({ input: fs.createReadStream(accounts, "utf8"), crlfDelay: Infinity });
  const answers = fs.createWriteStream(out);
  for await (const line of lines) {
    const account = JSON.parse(line);
    const held = Object.keys(rules.criteria).filter((id) => logic.apply(rules.criteria[id], account));
    const answer = [
      logic.apply(rules.score, account),
      logic.apply(rules.tier, account),
      held.join(";"),
      logic.apply(rules.matched_criteria, account),
      logic.apply(rules.segment, account),
    ];
    if (!answers.write(JSON.stringify(answer) + "\n")) await new Promise((go) => answers.once("drain", go));
  }
  answers.end();
}

main(process.argv.slice(2)).catch((error) => { console.error(error); process.exit(1); });
