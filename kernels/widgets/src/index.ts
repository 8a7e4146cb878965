/** The viewers, for whoever embeds them: the Lab extension and the notebook widgets. */
export { mountCube } from "./cube/index";
export {
  type Author,
  type Disposable,
  findBaseUrl,
  HostError,
  HttpHost,
  type ListKind,
  type ListLink,
  type Pick,
  type PickLink,
  type Signed,
  type ViewerHost,
  type ViewLink,
  type ViewSpec,
} from "./host";
export { mountRti } from "./rti/index";
export { mountScan } from "./scan/index";
