// The page's modules as the build makes them, for tests in Node.
import { after } from 'node:test';
import { createServer } from 'vite';

const vite = await createServer({ root: new URL('../..', import.meta.url).pathname, server: { middlewareMode: true, ws: false }, appType: 'custom', logLevel: 'silent' });
after(() => vite.close());

export const load = (path) => vite.ssrLoadModule(path);
