/** The plugins of `@museion/lab`; what they do is in their own modules. */
import type { JupyterFrontEndPlugin } from "@jupyterlab/application";
import { logoPlugin, titlePlugin } from "./branding";
import { launcherPlugin } from "./launcher";
import { presencePlugin } from "./presence";
import { sidebarPlugin } from "./sidebar/plugin";
import { viewerPlugin } from "./viewer/plugin";
import { workspacePlugin } from "./workspace";

const plugins: JupyterFrontEndPlugin<unknown>[] = [
  workspacePlugin,
  viewerPlugin,
  sidebarPlugin,
  launcherPlugin,
  presencePlugin,
  logoPlugin,
  titlePlugin,
];

export default plugins;
