// Texts in the page's language.
import { chooseLanguage, formatLocale, language } from './locale.js';
import en from './messages_en.js';
import zh from './messages_zh.js';

const MESSAGES = { en, zh };

function formOf(message, params) {
  if (typeof message === 'string') return message;
  return message[new Intl.PluralRules(language()).select(Math.abs(params.n))] ?? message.other;
}

const shown = (value) =>
  typeof value === 'number' ? new Intl.NumberFormat(formatLocale()).format(value) : String(value);

// The message `key`, its {names} filled from `params`; numbers are written as the language writes them.
export function t(key, params = {}) {
  const message = MESSAGES[language()][key] ?? en[key];
  if (message === undefined) return key;
  return formOf(message, params).replace(/\{(\w+)\}/g, (hole, name) => (name in params ? shown(params[name]) : hole));
}

// `key` if there is such a message, else `fallback`: for words of the server that may grow.
export const known = (key, fallback) => (key in en ? key : fallback);

const PLACES = [
  ['data-i18n', (node, text) => { node.textContent = text; }],
  ['data-i18n-label', (node, text) => node.setAttribute('aria-label', text)],
  ['data-i18n-placeholder', (node, text) => node.setAttribute('placeholder', text)],
];

// Fills what index.html names by its data-i18n attributes.
export function translatePage() {
  document.documentElement.lang = language() === 'zh' ? 'zh-CN' : 'en';
  for (const [attribute, put] of PLACES) {
    for (const node of document.querySelectorAll(`[${attribute}]`)) put(node, t(node.getAttribute(attribute)));
  }
}

export function switchLanguage() {
  chooseLanguage(language() === 'zh' ? 'en' : 'zh');
  translatePage();
  document.dispatchEvent(new Event('readcount:language'));
}

export const onLanguage = (listener) => document.addEventListener('readcount:language', listener);
export { language };
