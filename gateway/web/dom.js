// The few things that every part does with the page.

export const byId = (id) => document.getElementById(id);

// Writes only what differs: a text that is put again would be read out again, and lose its selection.
export function setText(node, text) {
  if (node.textContent !== text) node.textContent = text;
}

export function setAttribute(node, name, value) {
  if (value === null) node.removeAttribute(name);
  else if (node.getAttribute(name) !== String(value)) node.setAttribute(name, value);
}

// A new element: properties of `options` go on it, `children` are nodes or texts; never HTML.
export function element(tag, options = {}, ...children) {
  const node = document.createElement(tag);
  const { dataset, ...properties } = options;
  Object.assign(node, properties);
  Object.assign(node.dataset, dataset);
  node.append(...children);
  return node;
}

// Shows `text` in a message box, or hides the box when there is none.
export function setMessage(box, text, level = '') {
  box.hidden = !text;
  setAttribute(box, 'data-level', level || null);
  setText(box, text);
}

// Lets `button` act or not. Unlike `disabled`, this leaves the keyboard's focus where it is.
export const setUsable = (button, usable) => setAttribute(button, 'aria-disabled', usable ? null : 'true');

// Calls `act` when `button` is pressed while it is usable.
export function onPress(button, act) {
  button.addEventListener('click', () => {
    if (button.getAttribute('aria-disabled') !== 'true') act();
  });
}

// Fills a <dl> with [name, value, class] rows, keeping the nodes that stand already.
export function setFacts(list, rows) {
  while (list.children.length > rows.length * 2) list.lastElementChild.remove();
  rows.forEach(([name, value, className = ''], row) => {
    const [term, description] = pairAt(list, row);
    setText(term, name);
    setText(description, value);
    if (description.className !== className) description.className = className;
  });
}

function pairAt(list, row) {
  if (list.children.length < (row + 1) * 2) list.append(element('dt'), element('dd'));
  return [list.children[row * 2], list.children[row * 2 + 1]];
}
