/** The plugins of `@museion/lab`; what they do is in their own modules. */
import type { JupyterFrontEndPlugin } from "@jupyterlab/application";
import { logoPlugin, titlePlugin } from "./branding";
import { clustersPlugin } from "./clusters/plugin";
import { clusterWatchPlugin } from "./clusters/watch";
import { historyPlugin } from "./history/plugin";
import { launcherPlugin } from "./launcher";
import { limitNoticesPlugin, lookingOnlyPlugin } from "./notices/plugin";
import { presencePlugin } from "./presence";
import { publishPlugin } from "./publish/plugin";
import { sidebarPlugin } from "./sidebar/plugin";
import { unsavedPlugin } from "./unsaved/plugin";
import { viewerPlugin } from "./viewer/plugin";
import { visitPlugin } from "./visit/plugin";
import { workspacePlugin } from "./workspace";

const plugins: JupyterFrontEndPlugin<unknown>[] = [
  workspacePlugin,
  clusterWatchPlugin,
  clustersPlugin,
  viewerPlugin,
  unsavedPlugin,
  sidebarPlugin,
  historyPlugin,
  launcherPlugin,
  limitNoticesPlugin,
  lookingOnlyPlugin,
  presencePlugin,
  publishPlugin,
  visitPlugin,
  logoPlugin,
  titlePlugin,
];

export default plugins;
