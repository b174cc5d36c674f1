// Requests to the gateway: the envelope taken off, errors made one kind.
import { t } from './i18n.js';

const TIMEOUT_MS = 15_000;
// A run may move a million articles before it answers.
const RUN_TIMEOUT_MS = 300_000;

export class ApiError extends Error {
  // `status` is 0 when there was no answer.
  constructor(status, message) {
    super(message);
    this.status = status;
  }
}

// How far the server's clock is ahead of this machine's, in ms. The Date header has whole seconds, so that less than
// two are not worth a correction.
let clockOffset = 0;
export const serverNow = () => Date.now() + clockOffset;

function learnClock(response) {
  const served = Date.parse(response.headers.get('Date') ?? '');
  if (Number.isNaN(served)) return;
  const offset = served + 500 - Date.now();
  clockOffset = Math.abs(offset) < 2000 ? 0 : offset;
}

async function answerOf(path, options, timeoutMs) {
  try {
    return await fetch(path, { cache: 'no-store', signal: AbortSignal.timeout(timeoutMs), ...options });
  } catch (error) {
    throw new ApiError(0, t(error.name === 'TimeoutError' ? 'error_timeout' : 'error_network'));
  }
}

async function ask(path, options = {}, timeoutMs = TIMEOUT_MS) {
  const headers = { Accept: 'application/json', ...options.headers };
  const response = await answerOf(path, { ...options, headers }, timeoutMs);
  learnClock(response);
  const body = await response.json().catch(() => null);
  if (!response.ok || body?.code !== 0) {
    throw new ApiError(response.status, body?.message || `HTTP ${response.status}`);
  }
  return body.data;
}

// To the server a + is a +, and a space is %20; URLSearchParams would write + for a space.
const query = (params) => {
  const given = Object.entries(params).filter(([, value]) => value !== '');
  return given.length ? `?${given.map((pair) => pair.map(encodeURIComponent).join('=')).join('&')}` : '';
};

export const listArticles = (params) => ask(`/api/articles${query(params)}`);
// Counts one view.
export const viewArticle = (id) => ask(`/api/article/${id}`);
export const listRuns = (params) => ask(`/api/sync/runs${query(params)}`);
export const readBooks = () => ask('/api/sync/audit');
export const serviceStatus = () => ask('/api/status');
export const runSync = (token) =>
  ask('/api/sync', { method: 'POST', headers: { Authorization: `Bearer ${token}` } }, RUN_TIMEOUT_MS);
