import { lazy, Suspense } from "react";
import { Loading } from "../ui/states";
import type { EChartProps } from "./EChart";

const EChart = lazy(() => import("./EChart"));

/** A chart; its library is fetched only when one is to be drawn. */
export function Chart(props: EChartProps) {
  return (
    <Suspense fallback={<Loading />}>
      <EChart {...props} />
    </Suspense>
  );
}
