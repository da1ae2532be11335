import react from "@vitejs/plugin-react";
import { defineConfig } from "vite";

/** Where `npm run dev` finds a running sitewatch. */
const service = "http://127.0.0.1:8000";

export default defineConfig({
  plugins: [react()],
  build: {
    outDir: "../api/static",
    // The folder lies outside of the root, and holds nothing but what is built here.
    emptyOutDir: true,
    target: "es2022",
    chunkSizeWarningLimit: 800,
    // Inlined assets would be data: addresses, which the page's security policy need not allow.
    assetsInlineLimit: 0,
  },
  worker: { format: "es" },
  server: { proxy: { "/api": service } },
});
