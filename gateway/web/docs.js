// Renders /openapi.json for people. Text goes into the page as text only, never as markup.
'use strict';

const METHODS = ['get', 'head', 'post', 'put', 'patch', 'delete', 'options'];

// The ends of 64 bits, which are no exact numbers in JavaScript, as the document writes them.
const ENDS = new Map([
  [2 ** 64, '18446744073709551615'],
  [2 ** 63, '9223372036854775807'],
  [-(2 ** 63), '-9223372036854775808'],
]);

// An element with attributes and children, which are nodes or text; absent ones are left out.
function make(tag, attributes, ...children) {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) {
    if (value !== undefined) element.setAttribute(name, value);
  }
  element.append(...children.flat(Infinity).filter((child) => child !== undefined && child !== ''));
  return element;
}

const code = (text) => make('code', {}, text);

// Puts `separator` between items.
function joined(items, separator) {
  return items.flatMap((item, i) => (i === 0 ? [item] : [separator, item]));
}

// What is in every one of the lists.
function inAll([first = [], ...rest]) {
  return new Set(first.filter((item) => item !== undefined && rest.every((list) => list.includes(item))));
}

// Paragraphs with **strong** and `code`, which is all that the document uses of CommonMark.
function prose(text) {
  return text.split('\n\n').map((paragraph) => make('p', {}, paragraph.split(/(\*\*[^*]+\*\*|`[^`]+`)/).map((part) => {
    if (part.startsWith('**')) return make('strong', {}, part.slice(2, -2));
    if (part.startsWith('`')) return code(part.slice(1, -1));
    return part;
  })));
}

// A box that scrolls sideways when it must. Only then is it a stop for the keyboard, with a name.
const overflow = new ResizeObserver((entries) => {
  for (const { target } of entries) {
    const scrolls = target.scrollWidth > target.clientWidth;
    for (const [name, value] of [['tabindex', '0'], ['role', 'group'], ['aria-label', target.dataset.label]]) {
      if (scrolls) target.setAttribute(name, value);
      else target.removeAttribute(name);
    }
  }
});

function scroller(tag, label, ...children) {
  const box = make(tag, { class: 'scroll', 'data-label': label }, ...children);
  overflow.observe(box);
  return box;
}

function table(caption, label, columns, rows) {
  const head = make('thead', {}, make('tr', {}, columns.map((column) => make('th', { scope: 'col' }, column))));
  const body = make('tbody', {}, rows.map(([first, ...rest]) =>
    make('tr', {}, make('th', { scope: 'row' }, first), rest.map((cell) => make('td', {}, cell)))));
  return scroller('div', label, make('table', {}, make('caption', {}, caption), head, body));
}

// What /openapi.json says, with its references followed.
class Description {
  constructor(json) {
    this.json = json;
  }

  // The object that `node` is or refers to, and the name of what it refers to.
  follow(node) {
    if (node.$ref === undefined) return { value: node };
    const path = node.$ref.slice(2).split('/').map((part) => part.replaceAll('~1', '/').replaceAll('~0', '~'));
    return { name: path.at(-1), value: path.reduce((object, key) => object[key], this.json) };
  }

  operations() {
    return Object.entries(this.json.paths).flatMap(([path, item]) =>
      METHODS.filter((method) => item[method]).map((method) => ({
        path,
        method,
        ...item[method],
        parameters: [...(item.parameters ?? []), ...(item[method].parameters ?? [])].map((p) => this.follow(p).value),
      })));
  }

  // What stands everywhere, and so need not be said each time: names of reusable answers and of parameters that every
  // operation has, and of headers that every answer has.
  common() {
    const operations = this.operations();
    const answers = operations.map(({ responses }) => Object.values(responses).map((response) => this.follow(response)));
    return {
      answers: inAll(answers.map((all) => all.map(({ name }) => name))),
      parameters: inAll(operations.map(({ parameters }) => parameters.map(({ name }) => name))),
      headers: inAll(answers.flat().map(({ value }) => Object.keys(value.headers ?? {}))),
    };
  }
}

function number(value) {
  return ENDS.get(value) ?? String(value);
}

function range({ minimum, maximum }, unit) {
  if (minimum === undefined && maximum === undefined) return '';
  if (maximum === undefined) return `${number(minimum)}${unit} or more`;
  if (minimum === undefined) return `up to ${number(maximum)}${unit}`;
  return `${number(minimum)} to ${number(maximum)}${unit}`;
}

// The type of a schema in words, with links to the schemas that have names.
function type(schema) {
  if (schema.$ref) {
    const name = schema.$ref.split('/').at(-1);
    return [make('a', { href: `#schema-${name}` }, name)];
  }
  const choices = schema.anyOf ?? schema.oneOf;
  if (choices) return joined(choices.map(type), ' or ');
  if (schema.const !== undefined) return ['always ', code(JSON.stringify(schema.const))];
  if (schema.enum) return ['one of ', joined(schema.enum.map((value) => code(value)), ', ')];
  if (schema.contentSchema?.items) return ['events: ', joined(schema.contentSchema.items.oneOf.map(type), ', ')];
  if (schema.type === 'array') {
    return ['list of ', range({ minimum: schema.minItems, maximum: schema.maxItems }, ' '), type(schema.items)];
  }
  const types = [schema.type ?? 'anything'].flat().map((name) => (name === 'null' ? code('null') : name));
  const limits = [
    schema.format === 'date-time' ? 'date and time' : '',
    range(schema, ''),
    range({ minimum: schema.minLength, maximum: schema.maxLength }, ' characters'),
  ].filter((limit) => limit !== '');
  return [
    joined(types, ' or '),
    limits.length > 0 ? `, ${limits.join(', ')}` : '',
    schema.pattern ? [', matches ', code(schema.pattern)] : '',
    schema.default !== undefined && schema.default !== '' ? [', default ', code(JSON.stringify(schema.default))] : '',
  ];
}

function exampleText(value, mediaType) {
  if (typeof value === 'string' && !mediaType.endsWith('json')) return value;
  return JSON.stringify(value, null, 2);
}

// The examples of a response's bodies.
function examples(api, response, label) {
  return Object.entries(response.content ?? {}).flatMap(([mediaType, media]) => {
    const named = Object.values(media.examples ?? {}).map((example) => api.follow(example).value);
    if (media.example !== undefined) named.push({ value: media.example });
    return named.map(({ summary, value }) => {
      const title = summary ? `${summary}, ${mediaType}` : mediaType;
      return make('details', {}, make('summary', {}, title),
        scroller('pre', `Example of ${label}: ${title}`, code(exampleText(value, mediaType))));
    });
  });
}

function parameterRow(parameter) {
  const hasExample = parameter.example !== undefined && parameter.example !== '';
  return [
    code(parameter.name),
    `${parameter.in}${parameter.required ? ', required' : ''}`,
    type(parameter.schema),
    [prose(parameter.description ?? ''), hasExample ? make('p', {}, 'Example: ', code(String(parameter.example))) : ''],
  ];
}

function parameterTable(parameters, caption, label) {
  return table(caption, label, ['Name', 'In', 'Type', 'Meaning'], parameters.map(parameterRow));
}

function ownParameters(operation, common) {
  const own = operation.parameters.filter(({ name }) => !common.parameters.has(name));
  return own.length === 0 ? [] : [parameterTable(own, 'Parameters', `Parameters of ${operation.operationId}`)];
}

function bodies(response) {
  return Object.entries(response.content ?? {}).map(([mediaType, media]) =>
    make('p', { class: 'tight' }, code(mediaType), ' ', media.schema ? type(media.schema) : ''));
}

function bodyTypes(response) {
  return joined(Object.values(response.content ?? {}).map((media) => type(media.schema)), ', ');
}

// The headers that not every answer has.
function headerList(response, common) {
  const names = Object.keys(response.headers ?? {}).filter((name) => !common.headers.has(name));
  return names.length === 0 ? [] : [make('p', { class: 'quiet' }, 'Headers: ', joined(names.map(code), ', '))];
}

// Answers of the operation's own; those to any request stand once, among the shared ones.
function answerTable(api, operation, common) {
  const answers = Object.entries(operation.responses).map(([status, node]) => ({ status, ...api.follow(node) }));
  const own = answers.filter(({ name }) => !common.answers.has(name));
  const others = answers.filter(({ name }) => common.answers.has(name)).map(({ status }) => status);
  const rows = own.map(({ status, name, value }) => [
    name ? make('a', { href: `#answer-${name}` }, status) : status,
    [prose(value.description), name ? [] : headerList(value, common)],
    name ? bodyTypes(value) : bodies(value),
  ]);
  const note = others.length === 0 ? [] : [make('p', { class: 'quiet' },
    `Also ${others.join(', ')}: see `, make('a', { href: '#answers' }, 'answers to any request'), '.')];
  return [table('Answers', `Answers of ${operation.operationId}`, ['Status', 'When', 'Body'], rows), note];
}

// A line for a shell that tries the operation here.
function curlLine(api, operation) {
  const value = (parameter) => encodeURIComponent(String(parameter.example)).replaceAll('%2C', ',');
  const isStream = Object.values(operation.responses).some((node) => api.follow(node).value.content?.['text/event-stream']);
  const path = operation.path.replaceAll(/\{(\w+)\}/g, (_, name) =>
    value(operation.parameters.find((parameter) => parameter.in === 'path' && parameter.name === name)));
  const query = operation.parameters.filter((parameter) => parameter.in === 'query' && parameter.required)
    .map((parameter) => `${parameter.name}=${value(parameter)}`).join('&');
  return [
    'curl',
    isStream ? '-N' : '',
    operation.method === 'head' ? '-I' : '',
    operation.method === 'get' || operation.method === 'head' ? '' : `-X ${operation.method.toUpperCase()}`,
    operation.security?.length > 0 ? '-H "Authorization: Bearer $TOKEN"' : '',
    `'${location.origin}${path}${query === '' ? '' : `?${query}`}'`,
  ].filter((part) => part !== '').join(' ');
}

async function copy(text, line) {
  const said = document.getElementById('copied');
  said.textContent = '';
  try {
    await navigator.clipboard.writeText(text);
    said.textContent = 'Copied.';
  } catch {
    getSelection().selectAllChildren(line);
    said.textContent = 'The browser does not let this page copy; the line is selected.';
  }
}

function command(api, operation) {
  const text = curlLine(api, operation);
  const line = scroller('pre', `Command for ${operation.operationId}`, code(text));
  const button = make('button', { type: 'button', 'aria-label': `Copy the command for ${operation.operationId}` }, 'Copy');
  button.addEventListener('click', () => copy(text, line));
  return make('div', { class: 'command' }, line, button);
}

function method(name) {
  return make('span', { class: `method ${name}` }, name.toUpperCase());
}

function operationCard(api, operation, common) {
  const id = `op-${operation.operationId}`;
  const success = Object.entries(operation.responses).filter(([status]) => status.startsWith('2'));
  const shown = success.flatMap(([status, node]) =>
    examples(api, api.follow(node).value, `${operation.operationId}, ${status}`));
  return make('article', { 'aria-labelledby': id },
    make('h3', { id }, make('a', { href: `#${id}` }, method(operation.method), ' ', code(operation.path))),
    make('p', { class: 'lead-in' }, operation.summary),
    prose(operation.description ?? ''),
    operation.security?.length > 0
      ? make('p', {}, 'Needs the header ', code('Authorization: Bearer <token>'), '.') : '',
    command(api, operation),
    ownParameters(operation, common),
    answerTable(api, operation, common),
    shown.length > 0 ? [make('h4', {}, 'Examples'), shown] : []);
}

function statusOf(api, name) {
  for (const operation of api.operations()) {
    for (const [status, node] of Object.entries(operation.responses)) {
      if (api.follow(node).name === name) return status;
    }
  }
  return '';
}

function answerSection(api, common) {
  const cards = Object.entries(api.json.components.responses)
    .map(([name, response]) => ({ name, response, status: statusOf(api, name) }))
    .sort((a, b) => a.status.localeCompare(b.status) || a.name.localeCompare(b.name))
    .map(({ name, response, status }) => {
      const id = `answer-${name}`;
      return make('article', { 'aria-labelledby': id },
        make('h3', { id }, make('a', { href: `#${id}` }, `${status} ${name}`)),
        common.answers.has(name) ? make('p', { class: 'quiet' }, 'Any request can get it.') : '',
        prose(response.description),
        headerList(response, common),
        bodies(response),
        examples(api, response, name));
    });
  return make('section', { 'aria-labelledby': 'answers' }, make('h2', { id: 'answers' }, 'Shared answers'), cards);
}

// Of each reusable header the name that answers give it.
function headerNames(api) {
  const responses = api.operations().flatMap((operation) => Object.values(operation.responses));
  return new Map(responses.flatMap((response) => Object.entries(api.follow(response).value.headers ?? {}))
    .map(([name, header]) => [api.follow(header).name, name]));
}

function headerSection(api, common) {
  const sent = api.operations()[0].parameters.filter(({ name }) => common.parameters.has(name));
  const names = headerNames(api);
  const rows = Object.entries(api.json.components.headers).map(([name, header]) =>
    [code(names.get(name) ?? name), type(header.schema), prose(header.description)]);
  return make('section', { 'aria-labelledby': 'headers' }, make('h2', { id: 'headers' }, 'Headers'),
    sent.length > 0 ? parameterTable(sent, 'In any request', 'Headers of requests') : '',
    table('In answers', 'Headers of answers', ['Name', 'Type', 'Meaning'], rows));
}

function schemaCard(api, name, schema) {
  const id = `schema-${name}`;
  const fields = Object.entries(schema.properties ?? {}).map(([field, value]) => [
    code(field),
    [type(value), schema.required?.includes(field) ? '' : ' (may be absent)'],
    prose(value.description ?? api.follow(value).value.description ?? ''),
  ]);
  return make('article', { 'aria-labelledby': id },
    make('h3', { id }, make('a', { href: `#${id}` }, code(name))),
    prose(schema.description ?? ''),
    fields.length > 0 ? table('Fields', `Fields of ${name}`, ['Field', 'Type', 'Meaning'], fields)
      : make('p', {}, type(schema)));
}

function schemaSection(api) {
  return make('section', { 'aria-labelledby': 'schemas' }, make('h2', { id: 'schemas' }, 'Schemas'),
    Object.entries(api.json.components.schemas).map(([name, schema]) => schemaCard(api, name, schema)));
}

function contents(tags, operations) {
  const list = (items) => make('ul', {}, items.map((item) => make('li', {}, item)));
  const link = (href, ...text) => make('a', { href }, ...text);
  return [
    tags.map((tag) => [
      make('h2', {}, tag.name),
      list(operations.filter((operation) => operation.tags.includes(tag.name)).map((operation) =>
        link(`#op-${operation.operationId}`, method(operation.method), ' ', code(operation.path)))),
    ]),
    make('h2', {}, 'Reference'),
    list([
      link('#about', 'About'), link('#answers', 'Shared answers'), link('#headers', 'Headers'), link('#schemas', 'Schemas'),
    ]),
  ].flat(Infinity);
}

function render(api) {
  const { info, tags } = api.json;
  const operations = api.operations();
  const common = api.common();
  document.title = `${info.title} API`;
  document.getElementById('title').textContent = `${info.title} API ${info.version}`;
  document.getElementById('summary').textContent = info.summary ?? '';
  document.getElementById('contents').append(...contents(tags, operations));
  const main = document.getElementById('main');
  main.replaceChildren(
    make('section', { 'aria-labelledby': 'about' }, make('h2', { id: 'about' }, 'About'), prose(info.description ?? '')),
    ...tags.map((tag) => make('section', { 'aria-labelledby': `tag-${tag.name}` },
      make('h2', { id: `tag-${tag.name}` }, tag.name), prose(tag.description ?? ''),
      operations.filter((operation) => operation.tags.includes(tag.name))
        .map((operation) => operationCard(api, operation, common)))),
    answerSection(api, common), headerSection(api, common), schemaSection(api));
}

function fail(error) {
  const state = document.getElementById('state');
  state.className = 'failed';
  state.setAttribute('role', 'alert');
  state.replaceChildren('The description of the API could not be loaded: ', error.message, '. ',
    make('a', { href: '/docs' }, 'Try again'));
}

async function start() {
  try {
    const response = await fetch('/openapi.json', { headers: { Accept: 'application/json' } });
    if (!response.ok) throw new Error(`the gateway answered ${response.status}`);
    render(new Description(await response.json()));
    // What the address names was not there when the browser looked for it.
    document.getElementById(location.hash.slice(1))?.scrollIntoView();
  } catch (error) {
    fail(error);
  }
  document.getElementById('main').setAttribute('aria-busy', 'false');
}

start();
