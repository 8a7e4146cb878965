/** The viewers, for whoever embeds them: the Lab extension and the notebook widgets. */
export { mountCube } from "./cube/index";
export {
  type Disposable,
  findBaseUrl,
  HostError,
  HttpHost,
  type Pick,
  type PickLink,
  type ViewerHost,
  type ViewSpec,
} from "./host";
export { mountScan } from "./scan/index";
