import { svelte } from '@sveltejs/vite-plugin-svelte';
import { defineConfig } from 'vite';

import { icons } from './dev/icons.js';
import { words } from './dev/words.js';

const server = process.env.SANTRAL_SERVER ?? 'http://127.0.0.1:8099';

/** What the first load needs anyway and other parts use too. */
const base = /node_modules\/svelte|virtual:icons$|\/src\/(api|state|live|i18n)\/(?!form\.|read\.|work\.|telephony\.|listing\.|memory\.|about\.|transfers\.)|\/src\/frame\/(caller|menu|overlays|shortcuts)|\/src\/desk\/(quick|second\.svelte|page-customer|parts)|\/src\/ui\/(Icon|icons|Empty|Skeleton|Trouble)/;

// Names carry a hash of the content, so a browser may keep a file for ever; only index.html is asked for each time.
export default defineConfig({
  plugins: [icons(), words(), svelte()],
  server: { proxy: { '/api': { target: server, ws: true } } },
  build: {
    target: 'es2022',
    assetsInlineLimit: 0,
    modulePreload: { polyfill: false },
    reportCompressedSize: true,
    rollupOptions: {
      output: {
        entryFileNames: 'assets/[name]-[hash].js',
        chunkFileNames: 'assets/[name]-[hash].js',
        assetFileNames: 'assets/[name]-[hash][extname]',
        // One file for what every part shares: many small ones cost more on the wire than they save.
        codeSplitting: { groups: [{ name: 'base', test: base }] },
      },
    },
  },
});
