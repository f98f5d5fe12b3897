// Starts `checker lsp` for .vq files; all else is the server's.
"use strict";

const { workspace } = require("vscode");
const { LanguageClient } = require("vscode-languageclient/node");

let client;

exports.activate = () => {
  const command = workspace.getConfiguration("vqcheck").get("command");
  client = new LanguageClient(
    "vqcheck",
    "vqcheck",
    { command, args: ["lsp"] },
    { documentSelector: [{ language: "vq" }] }
  );
  return client.start();
};

exports.deactivate = () => client && client.stop();
