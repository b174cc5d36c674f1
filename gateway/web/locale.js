// Which language the page speaks: the reader's choice, else the browser's first that is known.

const KNOWN = ['en', 'zh'];
const KEY = 'readcount.language';

const primary = (tag) => tag.toLowerCase().split('-')[0];

function stored() {
  try {
    return localStorage.getItem(KEY) ?? '';
  } catch {
    return '';  // storage may be forbidden; the choice then lasts as long as the page
  }
}

export function pickLanguage(chosen, wanted) {
  if (KNOWN.includes(chosen)) return chosen;
  return wanted.map(primary).find((tag) => KNOWN.includes(tag)) ?? 'en';
}

const browserLanguages = typeof navigator === 'undefined' ? [] : navigator.languages ?? [];
let current = pickLanguage(stored(), browserLanguages);

export const language = () => current;

// The tag for numbers and dates: the browser's own variant of the language, such as en-GB, if it has one.
export const formatLocale = () =>
  browserLanguages.find((tag) => primary(tag) === current) ?? (current === 'zh' ? 'zh-CN' : 'en');

export function chooseLanguage(next) {
  current = next;
  try {
    localStorage.setItem(KEY, next);
  } catch {
    // as above
  }
}
