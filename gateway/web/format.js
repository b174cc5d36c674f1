// Numbers, times and durations as the reader's language writes them.
import { t } from './i18n.js';
import { formatLocale } from './locale.js';

export const DASH = '–';

export function number(value, digits = 0) {
  if (value === null || value === undefined) return DASH;
  return new Intl.NumberFormat(formatLocale(), { maximumFractionDigits: digits }).format(value);
}

export function bytes(value) {
  const units = ['byte', 'kilobyte', 'megabyte', 'gigabyte', 'terabyte'];
  const step = value > 0 ? Math.min(Math.floor(Math.log10(value) / 3), units.length - 1) : 0;
  const options = { style: 'unit', unit: units[step], unitDisplay: 'short', maximumFractionDigits: 1 };
  return new Intl.NumberFormat(formatLocale(), options).format(value / 1000 ** step);
}

export function duration(seconds) {
  if (seconds === null || seconds === undefined) return DASH;
  if (seconds < 0.9995) return t('unit_ms', { x: number(seconds * 1000, seconds < 0.01 ? 1 : 0) });
  if (seconds < 9.95) return t('unit_s', { x: number(seconds, 1) });
  return wholeSeconds(seconds);
}

export function wholeSeconds(seconds) {
  const whole = Math.max(0, Math.round(seconds));
  if (whole < 60) return t('unit_s', { x: whole });
  if (whole < 3600 && whole % 60 === 0) return t('unit_minutes', { m: whole / 60 });
  if (whole < 3600) return t('unit_min', { m: Math.floor(whole / 60), s: whole % 60 });
  return t('unit_h', { h: Math.floor(whole / 3600), m: Math.floor((whole % 3600) / 60) });
}

export const ago = (seconds) => (seconds < 1 ? t('just_now') : t('ago', { time: wholeSeconds(seconds) }));

const formatted = (time, options) => new Intl.DateTimeFormat(formatLocale(), options).format(new Date(time));

export const clock = (time) => formatted(time, { timeStyle: 'medium' });
export const shortClock = (time) => formatted(time, { hour: '2-digit', minute: '2-digit', second: '2-digit' });
export const dateTime = (time) => (time ? formatted(time, { dateStyle: 'medium', timeStyle: 'medium' }) : DASH);

// With the day, unless it is today.
export function dayTime(time) {
  const today = new Date(time).toDateString() === new Date().toDateString();
  if (today) return shortClock(time);
  return formatted(time, { month: 'short', day: 'numeric', hour: '2-digit', minute: '2-digit', second: '2-digit' });
}

export const perSecond = (rate) =>
  rate === null || rate === undefined ? DASH : number(rate, rate < 10 ? 1 : 0);

export const movedNothing = (run) => run.articles === 0 && run.views === 0 && run.dead_letters === 0;

// "3 articles, 12 views"
export const moved = (run) =>
  t('moved', { articles: t('n_articles', { n: run.articles }), views: t('n_views', { n: run.views }) });
