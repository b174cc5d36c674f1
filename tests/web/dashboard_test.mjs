// The dashboard of a running gateway, as a reader's browser sees it. ./run says what it needs.
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync } from 'node:fs';
import { after, before, describe, test } from 'node:test';
import { axeViolations, faultsOf, launch, openPage, overflow, PHONE, screenshot, SMALL_PHONE } from './browser.mjs';

const { READCOUNT_URL, READCOUNT_TOKEN, READCOUNT_RESTART_GATEWAY, READCOUNT_SCREENSHOTS } = process.env;
const base = READCOUNT_URL.replace(/\/$/, '');

let browser;

before(async () => {
  if (READCOUNT_SCREENSHOTS) mkdirSync(READCOUNT_SCREENSHOTS, { recursive: true });
  browser = await launch();
});
after(() => browser?.close());

async function article(id, query = '') {
  const response = await fetch(`${base}/api/article/${id}${query}`);
  assert.equal(response.status, 200);
  return (await response.json()).data;
}
const view = (id) => article(id);
const peek = async (id) => (await article(id, '?view=false')).read_count;

async function openDashboard(options, path = '/') {
  const page = await openPage(browser, options);
  await page.goto(base + path);
  await page.waitForSelector('#health:not([data-level="unknown"])');
  return page;
}

async function openOverview(options) {
  const page = await openDashboard(options);
  await page.waitForSelector('#articles-body tr');
  await page.waitForSelector('#books-verdict[data-level]');
  return page;
}

async function turnToPageOf(page, id) {
  while (await page.locator(`#count-${id}`).count() === 0) {
    const title = await page.textContent('#articles-page');
    await page.click('#articles-next:not([aria-disabled])');
    await page.waitForFunction((old) => document.querySelector('#articles-page').textContent !== old, title);
  }
}

// A few views in each of some seconds, so that there is a rate.
async function viewForAWhile() {
  for (let second = 1; second <= 5; ++second) {
    for (let i = 0; i < 3 * second; ++i) await view(1 + (i % 2));
    await new Promise((resolve) => setTimeout(resolve, 1000));
  }
}

const reaches = (page, selector, count) => page.waitForFunction(([where, least]) =>
  Number(document.querySelector(where)?.dataset.count ?? 0) >= least, [selector, count]);

// Remembers every value that `attribute` of `selector` takes from now on.
async function record(page, selector, attribute) {
  await page.evaluate(([where, name]) => {
    const node = document.querySelector(where);
    globalThis.seen = [node.getAttribute(name)];
    new MutationObserver(() => globalThis.seen.push(node.getAttribute(name)))
      .observe(node, { attributes: true, attributeFilter: [name] });
  }, [selector, attribute]);
  return () => page.evaluate(() => globalThis.seen);
}

async function assertSound(page) {
  assert.deepEqual(await axeViolations(page), []);
  assert.ok(await overflow(page) <= 0, 'the page is wider than its window');
  assert.deepEqual(await faultsOf(page), []);
}

async function finish(page) {
  assert.deepEqual(await faultsOf(page), []);
  await page.context().close();
}

// Lets `edit` change the data of the gateway's answers to `path`.
const change = (page, path, edit) => page.route(base + path, async (route) => {
  const response = await route.fetch();
  const envelope = await response.json();
  await route.fulfill({ response, json: { ...envelope, data: edit(envelope.data) } });
});

// Does not wait for what the command leaves running, which may hold its output open.
async function shell(command) {
  const [code] = await once(spawn('sh', ['-c', command], { stdio: 'ignore' }), 'exit');
  assert.equal(code, 0, command);
}

async function syncNow(page, token) {
  await page.click('#sync-now');
  await page.waitForSelector('#token-dialog[open]');
  await page.fill('#token', token);
  await page.click('#token-send');
}

describe('overview', () => {
  test('says in one sentence how all is', async () => {
    const page = await openOverview();
    assert.match(await page.textContent('#health-sentence'), /\w+.*\.$/);
    assert.equal(await page.getAttribute('html', 'lang'), 'en');
    await viewForAWhile();
    await page.waitForFunction(() => /\d/.test(document.querySelector('#tile-rate').textContent));
    assert.match(await page.textContent('#foot-version'), /^readcount \d+\.\d+\.\d+$/);
    await screenshot(page, 'overview-wide');
    await assertSound(page);
    await finish(page);
  });

  test('shows a view that somebody else makes, while one watches', async () => {
    const page = await openOverview();
    await turnToPageOf(page, 1);
    const { read_count: count } = await view(1);
    await reaches(page, '#count-1', count);
    await finish(page);
  });

  test('counts no view for a list', async () => {
    const count = await peek(1);
    const page = await openOverview();
    await turnToPageOf(page, 1);
    await page.reload();
    await page.waitForSelector('#articles-body tr');
    assert.equal(await peek(1), count);
    await finish(page);
  });

  test('lists the articles of one author', async () => {
    const { author } = await article(1, '?view=false');
    const page = await openOverview();
    await page.fill('#author', author);
    await page.press('#author', 'Enter');
    await page.waitForURL((url) => url.hash === `#/author/${encodeURIComponent(author)}`);
    await page.waitForSelector('#author-clear:visible');
    await page.waitForFunction((name) => [...document.querySelectorAll('#articles-body td.wide-only')]
      .every((cell) => cell.textContent === name), author);
    await page.fill('#author', 'nobody of that name');
    await page.press('#author', 'Enter');
    await page.waitForSelector('#articles-message:visible');
    assert.equal(await page.locator('#articles-body tr').count(), 0);
    await finish(page);
  });

  test('can be used by keyboard alone', async () => {
    const page = await openOverview();
    await page.keyboard.press('Tab');
    assert.equal(await page.evaluate(() => document.activeElement.id), 'skip');
    await page.keyboard.press('Enter');
    assert.equal(await page.evaluate(() => document.activeElement.id), 'main');
    await page.focus('#sync-now');
    await page.keyboard.press('Enter');
    await page.waitForSelector('#token-dialog[open]');
    assert.equal(await page.evaluate(() => document.activeElement.id), 'token');
    await page.keyboard.press('Escape');
    await page.waitForSelector('#token-dialog:not([open])', { state: 'attached' });
    assert.equal(await page.evaluate(() => document.activeElement.id), 'sync-now');
    await finish(page);
  });

  test('stands still while it is paused', async () => {
    const page = await openOverview();
    await turnToPageOf(page, 1);
    await page.click('#pause');
    const shown = await page.getAttribute('#count-1', 'data-count');
    const { read_count: count } = await view(1);
    await page.waitForTimeout(1500);
    assert.equal(await page.getAttribute('#count-1', 'data-count'), shown);
    await page.click('#pause');
    await reaches(page, '#count-1', count);
    await finish(page);
  });
});

describe('article page', () => {
  test('counts one view and follows the count', async () => {
    const count = await peek(1);
    const page = await openDashboard({}, '/#/article/1');
    await reaches(page, '#article-count', count + 1);
    assert.equal(await page.getAttribute('#article-count', 'data-count'), String(count + 1));
    const { read_count: later, content } = await view(1);
    await reaches(page, '#article-count', later);
    assert.equal(await page.textContent('#article-content'), content);
    await screenshot(page, 'article-wide');
    await assertSound(page);
    await page.click('#article-back');
    await page.waitForSelector('#articles-body tr:visible');
    await finish(page);
  });

  test('says that there is no such article', async () => {
    const page = await openPage(browser);
    page.serverTrouble = true;
    await page.goto(`${base}/#/article/999999999`);
    await page.waitForSelector('#article-message[data-level="bad"]');
    await assertSound(page);
    await finish(page);
  });
});

describe('sync now', () => {
  test('refuses a wrong token in words', async () => {
    const page = await openOverview();
    page.serverTrouble = true;
    await syncNow(page, 'not-the-token');
    await page.waitForSelector('#token-error[data-level="bad"]');
    assert.match(await page.textContent('#token-error'), /401/);
    await screenshot(page, 'dialog-wide', { fullPage: false });
    await assertSound(page);
    await finish(page);
  });

  test('runs to the end, and the books balance', async () => {
    const page = await openOverview();
    for (let i = 0; i < 5; ++i) await view(1);
    const states = await record(page, '#progress', 'data-state');
    await syncNow(page, READCOUNT_TOKEN);
    await page.waitForSelector('#sync-result[data-level="ok"]', { timeout: 60_000 });
    await page.waitForSelector('#progress[data-state="done"][aria-valuenow="100"]');
    assert.ok((await states()).includes('working'), 'the progress bar never worked');
    assert.equal(await page.locator('#token-dialog[open]').count(), 0);
    await page.click('#books-refresh');
    await page.waitForSelector('#books-refresh:not([aria-disabled])');
    assert.equal(await page.getAttribute('#books-verdict', 'data-level'), 'ok');
    assert.equal(await page.evaluate(() => sessionStorage.length), 0);
    await page.waitForSelector('#runs-body tr');
    await finish(page);
  });

  test('remembers the token for the tab when asked to', async () => {
    const page = await openOverview();
    await page.click('#sync-now');
    await page.check('#token-keep');
    await page.fill('#token', READCOUNT_TOKEN);
    await page.click('#token-send');
    await page.waitForSelector('#sync-result[data-level="ok"]', { timeout: 60_000 });
    await page.click('#sync-now');
    assert.equal(await page.locator('#token-dialog[open]').count(), 0);
    await page.waitForSelector('#sync-result[data-level="ok"]', { timeout: 60_000 });
    await finish(page);
  });
});

describe('looks', () => {
  for (const [name, options] of [
    ['overview-phone', { viewport: PHONE }],
    ['overview-small-phone', { viewport: SMALL_PHONE }],
    ['overview-dark', { dark: true }],
    ['overview-phone-dark', { viewport: PHONE, dark: true }],
    ['overview-chinese', { locale: 'zh-CN' }],
  ]) {
    test(`${name} is accessible`, async () => {
      const page = await openOverview(options);
      if (options.locale) {
        assert.equal(await page.getAttribute('html', 'lang'), 'zh-CN');
        assert.equal(await page.textContent('#articles-title'), '文章');
      }
      await screenshot(page, name);
      await assertSound(page);
      await finish(page);
    });
  }

  for (const [name, options] of [['wide', {}], ['dark', { dark: true }]]) {
    test(`trouble is told and accessible, ${name}`, async () => {
      const page = await openPage(browser, options);
      await change(page, '/api/status', (status) =>
        ({ ...status, mode: 'redis_away_views_held', held_views: 3,
          durability: { level: 'a test', findings: [{ severity: 'error', text: 'a setting is wrong' }] } }));
      await change(page, '/api/sync/audit', (books) => ({ ...books, difference: 2 }));
      await page.goto(base);
      await page.waitForSelector('#health[data-level="bad"]');
      await page.waitForSelector('#books-verdict[data-level="bad"]');
      assert.match(await page.textContent('#health-sentence'), /books do not balance: 2 views/);
      assert.match(await page.textContent('#service-facts'), /Redis is away: views are held/);
      await page.waitForSelector('.finding[data-severity="error"]');
      await screenshot(page, `trouble-${name}`);
      await assertSound(page);
      await finish(page);
    });
  }

  for (const [name, options] of [['phone', { viewport: PHONE }], ['dark', { dark: true }]]) {
    test(`article page and dialog are accessible, ${name}`, async () => {
      const page = await openDashboard(options, '/#/article/1');
      await page.waitForSelector('#article-count[data-count]');
      await screenshot(page, `article-${name}`);
      await assertSound(page);
      await page.click('#article-back');
      await page.click('#sync-now');
      await screenshot(page, `dialog-${name}`, { fullPage: false });
      await assertSound(page);
      await finish(page);
    });
  }

  for (const [name, options] of [['wide', {}], ['phone', { viewport: PHONE }], ['dark', { dark: true }]]) {
    test(`page of the API is accessible, ${name}`, async () => {
      const page = await openPage(browser, options);
      await page.goto(`${base}/docs`, { waitUntil: 'networkidle' });
      await screenshot(page, `docs-${name}`, { fullPage: false });
      await assertSound(page);
      await finish(page);
    });
  }
});

describe('restart of the gateway', { skip: READCOUNT_RESTART_GATEWAY ? false : 'no command to restart it' }, () => {
  test('is seen, and the page comes back by itself', async () => {
    const page = await openOverview();
    await turnToPageOf(page, 1);
    page.serverTrouble = true;
    const levels = await record(page, '#connection', 'data-level');
    const gone = page.waitForSelector('#connection[data-level="bad"]:visible')
      .then(() => screenshot(page, 'gone-wide', { fullPage: false }));
    await shell(READCOUNT_RESTART_GATEWAY);
    await gone;
    await page.waitForSelector('#connection:not([data-level="bad"])', { state: 'attached', timeout: 60_000 });
    assert.ok((await levels()).includes('bad'));
    const { read_count: count } = await view(1);
    await reaches(page, '#count-1', count);
    await page.waitForSelector('#health:not([data-level="bad"])');
    await assertSound(page);
    await finish(page);
  });
});
