import { defineConfig } from "vitest/config";

export default defineConfig({
  test: {
    environment: "happy-dom",
    include: ["kernels/widgets/src/**/*.test.ts", "extensions/lab/src/**/*.test.ts{,x}"],
  },
});
