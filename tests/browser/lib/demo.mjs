// The running demo: the one named by SANTRAL_DEMO_JSON, or one started here from a built binary.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('../../../', import.meta.url));

/** `null` when there is neither a demo nor a binary. */
export async function demo(language = 'tr') {
  if (process.env.SANTRAL_DEMO_JSON) return { facts: shape(JSON.parse(process.env.SANTRAL_DEMO_JSON)), stop: async () => {} };
  const places = [process.env.SANTRAL_BIN, process.env.CARGO_TARGET_DIR && join(process.env.CARGO_TARGET_DIR, 'debug/santral'), join(root, 'target/release/santral'), join(root, 'target/debug/santral')];
  const binary = places.find((place) => place && existsSync(place));
  if (!binary) return null;
  return start(binary, language);
}

async function start(binary, language) {
  const data = mkdtempSync(join(tmpdir(), 'santral-browser-'));
  const child = spawn(binary, ['demo', '--json', '--port', '0', '--sip-port', '0', '--data', data, '--no-caller', '--lang', language], {
    stdio: ['ignore', 'pipe', 'inherit'],
    env: { ...process.env, LANG: 'tr_TR.UTF-8' },
  });
  const line = await new Promise((done, fail) => {
    createInterface({ input: child.stdout }).once('line', done);
    child.once('exit', (code) => fail(new Error(`santral demo ended with ${code} before it was ready`)));
  });
  return {
    facts: shape(JSON.parse(line)),
    pid: child.pid,
    async stop() {
      child.kill('SIGTERM');
      await once(child, 'exit');
      rmSync(data, { recursive: true, force: true });
    },
  };
}

function shape(facts) {
  const http = facts.http.startsWith('http') ? facts.http.replace(/\/$/, '') : `http://${facts.http}`;
  const login = facts.login.startsWith('http') ? facts.login : `${http}/?login=${facts.login}`;
  const person = (role) => facts.users.find((user) => user.role === role);
  return { ...facts, http, login, person };
}
