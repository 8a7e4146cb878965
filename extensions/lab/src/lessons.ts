/** The notebooks that come with a workspace: `NN-topic.ipynb`, in the order of their numbers. */

const NUMBERED = /^(\d{2,})-(.+)\.ipynb$/;

/** A notebook that has a card. */
export interface Lesson {
  readonly path: string;
  readonly title: string;
  readonly rank: number;
}

/** The numbered notebooks among `paths`, in order. */
export function findLessons(paths: readonly string[]): Lesson[] {
  return paths
    .flatMap((path) => {
      const match = NUMBERED.exec(path);
      if (!match) return [];
      const words = (match[2] ?? "").replaceAll("-", " ");
      return [
        { path, title: words.charAt(0).toUpperCase() + words.slice(1), rank: Number(match[1]) },
      ];
    })
    .sort((a, b) => a.rank - b.rank || a.path.localeCompare(b.path));
}
