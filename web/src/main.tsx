import "@mantine/core/styles.css";
import "./page.css";

import { MantineProvider } from "@mantine/core";
import { QueryClient, QueryClientProvider } from "@tanstack/react-query";
import { RouterProvider } from "@tanstack/react-router";
import { StrictMode } from "react";
import { createRoot } from "react-dom/client";
import { ApiError, UNREACHABLE } from "./api/client";
import { startLanguages } from "./i18n";
import { makeRouter } from "./router";
import { theme } from "./theme";
import { keepUp } from "./version";

const queries = new QueryClient({
  defaultOptions: {
    queries: {
      staleTime: 2000,
      // A refusal stays one; what could not be reached may be back in a moment.
      retry: (failures, error) =>
        failures < 2 &&
        (!(error instanceof ApiError) || error.status === UNREACHABLE || error.status >= 500),
      // The service is on this network or this machine, whatever the browser thinks of the internet.
      networkMode: "always",
    },
    mutations: { networkMode: "always" },
  },
});

await startLanguages();
keepUp();

const root = document.getElementById("root");
if (root !== null) {
  createRoot(root).render(
    <StrictMode>
      <MantineProvider theme={theme} defaultColorScheme="auto">
        <QueryClientProvider client={queries}>
          <RouterProvider router={makeRouter(queries)} />
        </QueryClientProvider>
      </MantineProvider>
    </StrictMode>,
  );
}
