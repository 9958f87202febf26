// The first state of an explorable, for the page as it is built: {"scripts": [paths], "name", "state"} -> the pieces as JSON.
"use strict";

const { readFileSync } = require("node:fs");
const vm = require("node:vm");

const { scripts, name, state } = JSON.parse(readFileSync(0, "utf8"));
for (const path of scripts) vm.runInThisContext(readFileSync(path, "utf8"), { filename: path });
process.stdout.write(JSON.stringify(plot.render(name, explorables[name](state))));
