/** The files of src/, parsed: what each of them imports, declares and spells. */

import { readdirSync, readFileSync } from 'node:fs';
import { join, posix } from 'node:path';
import { fileURLToPath } from 'node:url';
import ts from 'typescript';

const SRC = fileURLToPath(new URL('../../src/', import.meta.url));

export interface Import {
  /** A module of src by its name, or what the import says, for example `node:fs`. */
  readonly from: string;
  readonly isTypeOnly: boolean;
  /** What is imported by name. */
  readonly names: readonly string[];
}

export interface Source {
  /** Path below src without its ending, with forward slashes. */
  readonly name: string;
  readonly imports: readonly Import[];
  /** Every identifier and property name, comments and strings left out. */
  readonly identifiers: ReadonlySet<string>;
  /** Every string literal, templates left out. */
  readonly strings: ReadonlySet<string>;
  /** What is taken from an object by a member expression, as `object.name`. */
  readonly members: ReadonlySet<string>;
  /** What values are held to be instances of. */
  readonly classes: ReadonlySet<string>;
  /** Names declared at the top of the file, each as often as it is declared. */
  readonly declared: readonly string[];
  /** Names taken from whatever object or module, also by destructuring, by import and in brackets. */
  readonly taken: ReadonlySet<string>;
}

export const SOURCES: readonly Source[] = readdirSync(SRC, { recursive: true, encoding: 'utf8' })
  .filter((file) => file.endsWith('.ts'))
  .map((file) => parse(file.replaceAll('\\', '/')));

function parse(file: string): Source {
  const text = readFileSync(join(SRC, file), 'utf8');
  const imports: Import[] = [];
  const identifiers = new Set<string>();
  const strings = new Set<string>();
  const members = new Set<string>();
  const taken = new Set<string>();
  const classes = new Set<string>();
  const visit = (node: ts.Node): void => {
    if (ts.isIdentifier(node)) identifiers.add(node.text);
    if (ts.isStringLiteralLike(node)) strings.add(node.text);
    if (ts.isPropertyAccessExpression(node)) members.add(`${node.expression.getText()}.${node.name.text}`);
    if (ts.isQualifiedName(node)) members.add(`${node.left.getText()}.${node.right.text}`);
    if (ts.isBinaryExpression(node) && node.operatorToken.kind === ts.SyntaxKind.InstanceOfKeyword)
      classes.add(node.right.getText());
    for (const name of takenBy(node)) taken.add(name);
    imports.push(...importsOf(node, posix.dirname(file)));
    ts.forEachChild(node, visit);
  };
  const source = ts.createSourceFile(file, text, ts.ScriptTarget.Latest, true);
  visit(source);
  const declared = source.statements.flatMap(declaredBy);
  return { name: moduleName(file), imports, identifiers, strings, members, classes, declared, taken };
}

function declaredBy(statement: ts.Statement): string[] {
  if (ts.isVariableStatement(statement))
    return statement.declarationList.declarations.map(({ name }) => name.getText());
  const isNamed =
    ts.isFunctionDeclaration(statement) ||
    ts.isClassDeclaration(statement) ||
    ts.isInterfaceDeclaration(statement) ||
    ts.isTypeAliasDeclaration(statement);
  return isNamed && statement.name !== undefined ? [statement.name.text] : [];
}

function takenBy(node: ts.Node): string[] {
  if (ts.isPropertyAccessExpression(node)) return [node.name.text];
  if (ts.isElementAccessExpression(node)) return [node.argumentExpression.getText().replaceAll(/['"`]/g, '')];
  if (ts.isBindingElement(node)) return [(node.propertyName ?? node.name).getText()];
  return ts.isImportDeclaration(node) ? namesOf(node) : [];
}

function importsOf(node: ts.Node, folder: string): Import[] {
  if (ts.isImportDeclaration(node)) {
    const isTypeOnly = /^import type\b/.test(node.getText());
    return [{ from: target(node.moduleSpecifier, folder), isTypeOnly, names: namesOf(node) }];
  }
  if (ts.isExportDeclaration(node) && node.moduleSpecifier !== undefined) {
    return [{ from: target(node.moduleSpecifier, folder), isTypeOnly: node.isTypeOnly, names: [] }];
  }
  const isDynamic = ts.isCallExpression(node) && node.expression.kind === ts.SyntaxKind.ImportKeyword;
  if (!isDynamic) return [];
  return node.arguments.map((from) => ({ from: target(from, folder), isTypeOnly: false, names: [] }));
}

function namesOf({ importClause }: ts.ImportDeclaration): string[] {
  const bindings = importClause?.namedBindings;
  if (bindings === undefined || !ts.isNamedImports(bindings)) return ['*'];
  return bindings.elements.map((element) => (element.propertyName ?? element.name).text);
}

function target(specifier: ts.Expression, folder: string): string {
  if (!ts.isStringLiteralLike(specifier)) return specifier.getText();
  return specifier.text.startsWith('.') ? moduleName(posix.join(folder, specifier.text)) : specifier.text;
}

function moduleName(file: string): string {
  return file.replace(/\.ts$/, '');
}
