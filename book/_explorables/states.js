// States of an explorable without a browser, the first one for the page as it is built:
// {"scripts": [paths], "name", "states"} -> the pieces of each, as JSON.
"use strict";

const { readFileSync } = require("node:fs");
const vm = require("node:vm");

const { scripts, name, states } = JSON.parse(readFileSync(0, "utf8"));
for (const path of scripts) vm.runInThisContext(readFileSync(path, "utf8"), { filename: path });
process.stdout.write(JSON.stringify(states.map((state) => plot.render(name, explorables[name](state)))));
