// "Sync now": asks for the admin token, starts a run, and tells how it went.
import { runSync } from './api.js';
import { byId, onPress, setAttribute, setMessage, setUsable } from './dom.js';
import { duration, moved, movedNothing } from './format.js';
import { t } from './i18n.js';
import { state, update } from './store.js';

const KEY = 'readcount.admin_token';

// Storage may be forbidden; then the token is asked for each time.
const storage = (act) => {
  try {
    return act(sessionStorage);
  } catch {
    return null;
  }
};
const kept = () => storage((store) => store.getItem(KEY)) ?? '';
const forget = () => storage((store) => store.removeItem(KEY));
const keep = (token) => storage((store) => store.setItem(KEY, token));

function openDialog(error = '') {
  setMessage(byId('token-error'), error, 'bad');
  setAttribute(byId('token'), 'aria-invalid', error ? 'true' : null);
  if (!byId('token-dialog').open) byId('token-dialog').showModal();
  byId('token').focus();
}

function closeDialog() {
  byId('token').value = '';
  byId('token-dialog').close();
}

function setBusy(asked) {
  setUsable(byId('token-send'), !asked);
  setUsable(byId('sync-now'), !asked);
  update({ asked });
}

function tellRun(run) {
  const failed = run.outcome !== 'succeeded';
  const text = failed ? t('sync_run_failed', { error: run.error })
    : movedNothing(run) ? t('sync_nothing')
      : t('sync_done', { id: String(run.id), moved: moved(run), duration: duration(run.duration_seconds) });
  setMessage(byId('sync-result'), text, failed ? 'bad' : 'ok');
}

function tellError(error) {
  if (error.status === 401 || error.status === 403) {
    forget();
    openDialog(t(`sync_${error.status}`));
    return;
  }
  closeDialog();
  setMessage(byId('sync-result'), t('sync_error', { message: error.message }), 'bad');
}

async function start(token, onRun) {
  if (state.asked) return;
  setBusy(true);
  setMessage(byId('sync-result'), t('sync_asking'));
  try {
    const run = await runSync(token);
    if (byId('token-keep').checked) keep(token);
    closeDialog();
    tellRun(run);
    onRun();
  } catch (error) {
    setMessage(byId('sync-result'), '');
    tellError(error);
  } finally {
    setBusy(false);
  }
}

// `onRun` is called when a run that was started here is done.
export function startSyncNow(onRun) {
  onPress(byId('sync-now'), () => (kept() ? start(kept(), onRun) : openDialog()));
  onPress(byId('token-cancel'), closeDialog);
  byId('token-form').addEventListener('submit', (event) => {
    event.preventDefault();
    start(byId('token').value.trim(), onRun);
  });
}
