import { svelte } from '@sveltejs/vite-plugin-svelte';
import { defineConfig } from 'vite';

import { icons } from './dev/icons.js';

const server = process.env.SANTRAL_SERVER ?? 'http://127.0.0.1:8099';

// Names carry no hash: the built page is committed and embedded in the binary, which serves it with an ETag.
export default defineConfig({
  plugins: [icons(), svelte()],
  server: { proxy: { '/api': { target: server, ws: true } } },
  build: {
    target: 'es2022',
    assetsInlineLimit: 0,
    modulePreload: { polyfill: false },
    reportCompressedSize: true,
    rollupOptions: {
      output: {
        entryFileNames: 'assets/[name].js',
        chunkFileNames: 'assets/[name].js',
        assetFileNames: 'assets/[name][extname]',
      },
    },
  },
});
