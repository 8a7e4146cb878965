/** Icons are bundled as text, as JupyterLab's builder does with `.svg`. */
declare module "*.svg" {
  const source: string;
  export default source;
}
