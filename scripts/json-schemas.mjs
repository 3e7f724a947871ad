// Writes the JSON Schemas of the manifests, made from the schemas that the library validates with and from the comments of
// the interfaces that describe them, into `schemas/` or the directory that is given.

import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { toJsonSchema } from '@valibot/to-json-schema';
import { build } from 'esbuild';
import { format } from 'prettier';
import ts from 'typescript';

const at = (path) => fileURLToPath(new URL(`../${path}`, import.meta.url));

const FORMAT = 'src/manifest/format.ts';

/** By file name: which schema it is made from, and which interface it is described by. */
const FILES = {
  'run-manifest': { schema: 'runManifestSchema', is: 'RunManifest' },
  'participant-manifest': { schema: 'participantManifestSchema', is: 'ParticipantManifest' },
};

/** The interfaces by name, with their comment and, by name, the comment and the type of their properties. */
async function readInterfaces() {
  const source = ts.createSourceFile(
    FORMAT,
    await readFile(at(FORMAT), 'utf8'),
    ts.ScriptTarget.Latest,
    true,
  );
  const interfaces = new Map();
  // One that is extended stands before those that extend it.
  for (const node of source.statements.filter(ts.isInterfaceDeclaration)) {
    const extended = (node.heritageClauses ?? []).flatMap(({ types }) => types.map((type) => type.getText()));
    const inherited = extended.flatMap((name) => [...interfaces.get(name).properties]);
    const own = node.members.map((member) => [
      member.name.getText(),
      { comment: commentOf(member), type: member.type.getText() },
    ]);
    interfaces.set(node.name.text, { comment: commentOf(node), properties: new Map([...inherited, ...own]) });
  }
  return interfaces;
}

function commentOf(node) {
  const [comment] = ts.getJSDocCommentsAndTags(node).filter(ts.isJSDoc);
  if (comment === undefined) throw new Error(`no comment in ${FORMAT}: ${node.name.getText()}`);
  return ts.getTextOfJSDocComment(comment.comment).replaceAll(/\s+/g, ' ');
}

/** Puts title and descriptions into the schema of an object, and of the objects in it. */
function describe(schema, name, interfaces) {
  const { comment, properties } = interfaces.get(name);
  const described = Object.entries(schema.properties).map(([key, property]) => {
    const { comment: description, type } = properties.get(key);
    const inner = [...interfaces.keys()].find((each) => new RegExp(`\\b${each}\\b`).test(type));
    return [key, { description, ...(inner ? describeWithin(property, inner, interfaces) : property) }];
  });
  const title = name.replaceAll(/(?<!^)[A-Z]/g, (letter) => ` ${letter.toLowerCase()}`);
  return { title, description: comment, ...schema, properties: Object.fromEntries(described) };
}

function describeWithin(schema, name, interfaces) {
  if (schema.type === 'object') return describe(schema, name, interfaces);
  const { items, anyOf } = schema;
  return {
    ...schema,
    ...(items && { items: describeWithin(items, name, interfaces) }),
    ...(anyOf && { anyOf: anyOf.map((each) => describeWithin(each, name, interfaces)) }),
  };
}

/** The sources, which are TypeScript, as a module. */
async function importSchemas() {
  const { outputFiles } = await build({
    entryPoints: [at('src/manifest/schemas.ts')],
    write: false,
    bundle: true,
    format: 'esm',
    platform: 'node',
  });
  return import(`data:text/javascript;base64,${Buffer.from(outputFiles[0].contents).toString('base64')}`);
}

const [directory = at('schemas')] = process.argv.slice(2);
const interfaces = await readInterfaces();
const schemas = await importSchemas();
await mkdir(directory, { recursive: true });
for (const [file, { schema, is }] of Object.entries(FILES)) {
  // What a daemon writes: what has a default need not be there.
  const made = toJsonSchema(schemas[schema], {
    target: 'draft-2020-12',
    typeMode: 'input',
    errorMode: 'throw',
  });
  const { $schema, ...rest } = describe(made, is, interfaces);
  const whole = { $schema, $id: `urn:backup-run-inspector:${file}:1`, ...rest };
  const text = await format(JSON.stringify(whole), { parser: 'json', printWidth: 110 });
  await writeFile(join(directory, `${file}.json`), text);
}
