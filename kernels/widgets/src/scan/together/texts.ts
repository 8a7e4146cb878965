export const TEXTS = {
  bar: "Looking at this with you",
  follow: (name: string) => `Follow ${name}`,
  followsYou: "follows you",
  showPointer: "Show them my pointer",
  followed: (name: string) => `You see what ${name} sees. Move the scan to look for yourself.`,
  ownWay: (name: string) => `You no longer follow ${name}.`,
  left: (name: string) => `${name} left.`,
} as const;
