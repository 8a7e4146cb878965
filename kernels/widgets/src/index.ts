/** The viewers, for whoever embeds them: the Lab extension and the notebook widgets. */
export type { KernelAnswer } from "./asking";
export { mountCube } from "./cube/index";
export {
  type Author,
  type Companion,
  type CompanyLink,
  type Dated,
  type Disposable,
  type Entry,
  type EntryKind,
  type EntryLink,
  type EntryMembers,
  findBaseUrl,
  HostError,
  HttpHost,
  type ListKind,
  type ListLink,
  type Pick,
  type PickLink,
  type Reply,
  type Signed,
  type TextChange,
  type ViewerHost,
  type ViewLink,
  type ViewSpec,
} from "./host";
export { mountRti } from "./rti/index";
export { mountScan } from "./scan/index";
