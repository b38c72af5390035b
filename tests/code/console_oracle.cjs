// What prints, by Babel's own parser and scope analysis: the judge of skillconnect_ops/code/console.
// stdin: {"files": [path, …]}; stdout: {"path": {"uses": [[line, column, level, call], …], "fault": …}}
const fs = require("fs");
const { parse } = require("@babel/parser");
const traverse = require("@babel/traverse").default;
const { parse: parseHtml } = require("parse5");

const GLOBALS = new Set(["globalThis", "window", "global", "self", "top", "parent", "frames"]);
const MODULES = new Set(["console", "node:console"]);
const NO_METHODS = new Set([
  "Console", "memory", "context", "createTask", "constructor", "hasOwnProperty", "toString",
  "valueOf", "mock",
]);
const WATCHERS = /^(expect|mocked|jest\.mocked|vi\.mocked|sinon\.assert\.|isMockFunction)/;
const CASTS = new Set([
  "TSAsExpression", "TSSatisfiesExpression", "TSNonNullExpression", "TSTypeAssertion",
  "ParenthesizedExpression", "TypeCastExpression",
]);

const COMMON = [
  "decorators-legacy", "exportDefaultFrom", "doExpressions", "importAttributes",
  "explicitResourceManagement",
];

function tree(text, ways) {
  let first;
  for (const plugins of ways) {
    const options = {
      sourceType: "unambiguous", errorRecovery: true, allowReturnOutsideFunction: true,
      allowAwaitOutsideFunction: true, allowSuperOutsideMethod: true, allowImportExportEverywhere: true,
      allowUndeclaredExports: true, allowNewTargetOutsideFunction: true,
      plugins: [...COMMON, ...plugins],
    };
    try {
      const ast = parse(text, options);
      if (!ast.errors.length) return { ast };
      first = first || { ast, fault: String(ast.errors[0].message) };
    } catch (error) {
      first = first || { fault: String(error.message) };
    }
  }
  return first;
}

const WAYS = {
  ts: [["typescript"]],
  tsx: [["typescript", "jsx"]],
  js: [["jsx"], ["jsx", "flow"], ["typescript", "jsx"]],
};

function nameOf(node, computed) {
  if (!node) return null;
  if (!computed && node.type === "Identifier") return node.name;
  if (node.type === "PrivateName") return "#";
  if (node.type === "StringLiteral") return node.value;
  if (node.type === "TemplateLiteral" && !node.expressions.length) return node.quasis[0].value.cooked;
  return null;
}

function isMember(node) {
  return node.type === "MemberExpression" || node.type === "OptionalMemberExpression";
}

function isCall(node) {
  return node.type === "CallExpression" || node.type === "OptionalCallExpression";
}

function bindingOf(path, name) {
  const found = path.scope.getBinding(name);
  if (!found) return null;
  const statement = found.path.parent;
  if (statement && statement.declare) return null;
  if (found.kind === "unknown") return null;
  return found;
}

class Finder {
  constructor() {
    this.uses = new Map();
    this.followed = new Set();
  }

  read(ast) {
    const finder = this;
    traverse(ast, {
      Identifier(path) {
        if (path.node.name !== "console" || !path.isReferencedIdentifier()) return;
        if (!bindingOf(path, "console")) finder.object(path);
      },
      "MemberExpression|OptionalMemberExpression"(path) {
        if (nameOf(path.node.property, path.node.computed) !== "console") return;
        if (finder.isGlobal(path.get("object"))) finder.object(path);
      },
      VariableDeclarator(path) {
        const { id, init } = path.node;
        if (id.type === "ObjectPattern" && init && finder.isGlobal(path.get("init"))) {
          for (const part of path.get("id.properties")) {
            if (part.isObjectProperty() && nameOf(part.node.key, part.node.computed) === "console") {
              finder.bindObject(part.get("value"));
            }
          }
        }
      },
      "CallExpression"(path) {
        const { callee, arguments: given } = path.node;
        if (callee.type === "Identifier" && callee.name === "require" && given.length
            && MODULES.has(given[0].value)) finder.object(path);
      },
      ImportDeclaration(path) {
        if (!MODULES.has(path.node.source.value)) return;
        for (const part of path.get("specifiers")) {
          if (part.isImportSpecifier() && part.node.imported.name !== "default") {
            finder.bind(part.get("local"), part.node.imported.name, part);
          } else finder.bindObject(part.get("local"));
        }
      },
    });
  }

  isGlobal(path) {
    path = this.inner(path);
    if (isMember(path.node)) {
      return GLOBALS.has(nameOf(path.node.property, path.node.computed)) && this.isGlobal(path.get("object"));
    }
    return path.isIdentifier() && GLOBALS.has(path.node.name) && !bindingOf(path, path.node.name);
  }

  inner(path) {
    while (CASTS.has(path.node.type)) path = path.get("expression");
    return path;
  }

  outer(path) {
    while (path.parentPath && CASTS.has(path.parent.type)) path = path.parentPath;
    return path;
  }

  object(path) {
    path = this.outer(path);
    const parent = path.parentPath;
    if (isMember(parent.node) && path.key === "object") {
      this.method(parent, nameOf(parent.node.property, parent.node.computed) ?? this.worth(parent.get("property")));
    } else if (parent.isVariableDeclarator() && path.key === "init") {
      this.bindObject(parent.get("id"));
    } else if (parent.isAssignmentExpression({ operator: "=" }) && path.key === "right") {
      this.bindObject(parent.get("left"));
    }
  }

  worth(path) {
    const { confident, value } = path.evaluate();
    return confident && typeof value === "string" ? value : "computed";
  }

  method(path, level) {
    if (NO_METHODS.has(level) || level.startsWith("_")) return;
    const [role, where] = this.role(path);
    if (role === "call" || role === "reference") this.take(path, level, role === "call");
    if (role === "named") this.bind(where, level, path);
  }

  bindObject(pattern) {
    if (pattern.isObjectPattern()) {
      for (const part of pattern.get("properties")) {
        if (part.isRestElement()) {
          this.bindObject(part.get("argument"));
          continue;
        }
        let value = part.get("value");
        if (value.isAssignmentPattern()) value = value.get("left");
        this.bind(value, nameOf(part.node.key, part.node.computed) ?? "computed", value);
      }
      return;
    }
    const binding = this.only(pattern);
    if (!binding || this.followed.has(binding)) return;
    this.followed.add(binding);
    for (const use of binding.referencePaths) this.object(use);
  }

  bind(name, level, at) {
    if (NO_METHODS.has(level) || level.startsWith("_")) return;
    const binding = this.only(name);
    if (!binding) return this.take(at, level, false);
    if (this.followed.has(binding)) return;
    this.followed.add(binding);
    let restores = 0, others = 0;
    for (const use of binding.referencePaths) {
      if (use.parentPath.isExportSpecifier()) continue;
      const [role, where] = this.role(use);
      if (role === "call") this.take(use, level, true);
      if (role === "reference") { others += 1; this.take(use, level, false); }
      if (role === "named") { others += 1; this.bind(where, level, use); }
      if (role === "restore") restores += 1;
    }
    if (others || !restores) this.take(at, level, false);
  }

  only(path) {
    if (!path.isIdentifier()) return null;
    const binding = path.scope.getBinding(path.node.name);
    if (!binding) return null;
    const writes = binding.constantViolations.length;
    const declares = binding.path.isVariableDeclarator() && binding.path.node.init ? 1 : 0;
    const imported = binding.kind === "module" ? 1 : 0;
    return writes + declares + imported === 1 ? binding : null;
  }

  role(path, sure = true) {
    for (;;) {
      path = this.outer(path);
      const parent = path.parentPath, node = parent.node, key = path.key;
      if (isCall(node)) {
        if (key === "callee") return ["call", parent];
        const callee = parent.get("callee").toString();
        return [WATCHERS.test(callee) ? "none" : "reference", path];
      }
      if (isMember(node) && key === "object") {
        const up = this.outer(parent), call = up.parentPath;
        if (!isCall(call.node) || up.key !== "callee") return ["none", path];
        const name = nameOf(node.property, node.computed);
        if (name === "call" || name === "apply") return ["call", call];
        if (name !== "bind") return ["none", path];
        path = call;
        continue;
      }
      switch (node.type) {
        case "NewExpression":
          return [path.listKey === "arguments" ? "reference" : "none", path];
        case "AssignmentExpression": {
          if (key !== "right") return ["none", path];
          if (node.operator !== "=") return ["reference", path];
          const left = parent.get("left");
          if (left.isIdentifier()) return [sure ? "named" : "reference", left];
          if (!isMember(left.node)) return ["none", path];
          const holder = left.get("object").toString();
          return [/(^|\.)console$/.test(holder) ? "restore" : "reference", path];
        }
        case "VariableDeclarator":
          if (key !== "init") return ["none", path];
          if (!parent.get("id").isIdentifier()) return ["none", path];
          return [sure ? "named" : "reference", parent.get("id")];
        case "LogicalExpression":
          if (node.operator === "&&" && key === "left") return ["none", path];
          sure = false;
          path = parent;
          continue;
        case "ConditionalExpression":
          if (key === "test") return ["none", path];
          sure = false;
          path = parent;
          continue;
        case "SequenceExpression":
          if (key !== node.expressions.length - 1) return ["none", path];
          path = parent;
          continue;
        case "ObjectProperty":
          return [key === "value" ? "reference" : "none", path];
        case "AssignmentPattern":
          return [key === "right" ? "reference" : "none", path];
        case "ReturnStatement": case "ArrowFunctionExpression": case "ArrayExpression":
        case "ExportDefaultDeclaration": case "TSExportAssignment": case "JSXExpressionContainer": case "ClassProperty":
        case "ClassPrivateProperty": case "YieldExpression": case "Decorator":
          return ["reference", path];
        case "TaggedTemplateExpression":
          return [key === "tag" ? "call" : "none", parent];
        default:
          return ["none", path];
      }
    }
  }

  take(path, level, call) {
    const { line, column } = path.node.loc.start;
    const key = `${line}:${column}`;
    if (!this.uses.has(key)) this.uses.set(key, [line, column, level, call]);
  }
}

function usesOf(text, language) {
  const { ast, fault } = tree(text, WAYS[language]);
  if (!ast) return { uses: [], fault, lost: true };
  const finder = new Finder();
  finder.read(ast);
  const lines = text.split(/\n/);
  const uses = [...finder.uses.values()].map(([line, column, level, call]) => [
    // Babel counts UTF-16 units, and we characters
    line, [...(lines[line - 1] || "").slice(0, column)].length + 1, level, call,
  ]);
  return { uses, fault };
}

function scriptsOf(text) {
  const found = [];
  const walk = (node) => {
    if (node.tagName === "script" && node.childNodes.length) {
      const given = Object.fromEntries(node.attrs.map((one) => [one.name, one.value]));
      const type = (given.type || "").split(";")[0].trim().toLowerCase();
      const code = /^((text|application)\/(x-)?(java|ecma|j)script(1\.\d)?|module|text\/babel|text\/typescript|text\/jsx|)$/;
      if (code.test(type)) {
        const { startLine, startCol } = node.childNodes[0].sourceCodeLocation;
        const { startOffset, endOffset } = node.childNodes[0].sourceCodeLocation;
        found.push([text.slice(startOffset, endOffset), /^tsx?$/.test(given.lang || "") ? "ts" : "js", startLine, startCol]);
      }
    }
    for (const child of node.childNodes || []) walk(child);
    if (node.content) walk(node.content);
  };
  walk(parseHtml(text, { sourceCodeLocationInfo: true }));
  return found;
}

function ofFile(path) {
  let text = fs.readFileSync(path, "utf8");
  if (text.charCodeAt(0) === 0xfeff) text = text.slice(1);
  const suffix = /\.([a-z]+)$/.exec(path)[1];
  const language = { js: "js", jsx: "js", mjs: "js", cjs: "js", ts: "ts", mts: "ts", cts: "ts", tsx: "tsx" }[suffix];
  if (language) return usesOf(text, language);
  const uses = [];
  let fault, lost = false;
  for (const [script, lang, line, column] of scriptsOf(text)) {
    const found = usesOf(script, lang);
    fault = fault || found.fault;
    lost = lost || Boolean(found.lost);
    for (const [at, col, level, call] of found.uses) {
      uses.push([at + line - 1, at === 1 ? col + column - 1 : col, level, call]);
    }
  }
  return { uses, fault, lost };
}

const { files } = JSON.parse(fs.readFileSync(0, "utf8"));
const answer = {};
for (const path of files) answer[path] = ofFile(path);
process.stdout.write(JSON.stringify(answer));
