/** Icons of this extension. Each follows the theme through JupyterLab's `jp-icon3` class. */
import { LabIcon } from "@jupyterlab/ui-components";
import firstLookSource from "../style/icons/first-look.svg";
import museionSource from "../style/icons/museion.svg";
import publishSource from "../style/icons/publish.svg";

export const museionIcon = new LabIcon({ name: "museion:museion", svgstr: museionSource });
export const firstLookIcon = new LabIcon({ name: "museion:first-look", svgstr: firstLookSource });
export const publishIcon = new LabIcon({ name: "museion:publish", svgstr: publishSource });
