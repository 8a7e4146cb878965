const around = (azimuth: number) => Math.round(azimuth) % 360;

/** Every sentence the RTI viewer shows, in one place for the translator. */
export const TEXTS = {
  image:
    "Relightable image. Arrow keys move the light, Shift with arrow keys moves the image, " +
    "plus and minus zoom, 0 fits.",
  loading: "Loading",
  again: "Try again",
  failed: "The model could not be loaded",
  noWebGl: "This browser can't relight: WebGL 2 is switched off or missing",
  noWebGlHint: "Switch on hardware acceleration, or open the page in another browser.",
  contextLost: "The graphics card was taken away",
  contextLostHint: "Try again when it is back.",
  synthetic: "synthetic",
  syntheticTitle: "This model was computed, not measured",
  looks: "What is shown",
  photograph: "Photograph",
  photographTitle: "The surface as a photograph under this light would show it",
  gloss: "Gloss",
  glossTitle: "Specular enhancement: a computed highlight on the measured normals",
  normals: "Normals",
  normalsTitle:
    "The slope of the surface as colour: red to the right, green up, blue to the camera",
  dragged: "What dragging moves",
  dragLight: "Drag light",
  dragImage: "Drag image",
  colour: "Colour that stays",
  shine: "Highlight",
  sharpness: "Sharpness",
  zoomIn: "Zoom in",
  zoomOut: "Zoom out",
  fit: "Fit image",
  lamp: "Light",
  lampPad: "Drag to move the light",
  direction: "Light from",
  height: "Light height",
  degrees: (value: number) => `${Math.round(value)}°`,
  lightNow: (azimuth: number, elevation: number) =>
    `Light from ${around(azimuth)}°, ${Math.round(elevation)}° high`,
  rakingStrip: "Raking light from all sides",
  raking: (azimuth: number, elevation: number) =>
    `Raking light from ${around(azimuth)}°, ${Math.round(elevation)}° high`,
  savedLights: "Saved lights",
  saveLight: "Save light",
  lightLabel: (number: number) => `Light ${number}`,
  showLight: (label: string, azimuth: number, elevation: number) =>
    `${label}: light from ${around(azimuth)}°, ${Math.round(elevation)}° high`,
  nameLight: (label: string) => `Name of ${label}`,
  removeLight: (label: string) => `Remove ${label}`,
  normalsFrom: (source: string) => `normals: ${source}`,
  bases: { ptm_lrgb: "PTM (LRGB)", ptm_rgb: "PTM (RGB)", hsh: "HSH" },
} as const;
